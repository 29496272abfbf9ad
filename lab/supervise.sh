#!/usr/bin/env bash
# Runs one machine until it is switched off, and starts it again after a reboot. machine.sh starts it in the background.
#   supervise.sh NAME CONSUL ENVOY
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

name=$1 consul=$2 envoy=$3
reboot=133 # nspawn's exit code with --keep-unit when the machine asked to be started again

# Without a cgroup of its own a `systemctl restart` inside would reach the units of the other machines as well.
enter_cgroups() {
  local cgroup
  while read -r cgroup; do
    mkdir -p "$cgroup"
    say "$BASHPID" >"$cgroup/cgroup.procs"
  done < <(cgroups_of "$name")
}

boot() {
  enter_cgroups
  exec systemd-nspawn --quiet --capability=CAP_NET_ADMIN --settings=no --register=no --keep-unit --boot --console=pipe \
    --machine="$name" --directory="$LAB/$name/root" --network-namespace-path="/run/netns/gatehouse-$name" \
    --rlimit=RLIMIT_NOFILE=1024:524288 --resolv-conf=off --timezone=off --link-journal=no \
    --bind-ro="$consul:/usr/local/bin/consul" --bind-ro="$envoy:/usr/local/bin/envoy"
}

trap '' HUP
say "$$ $(start_time $$)" >"$LAB/$name/supervisor"
while :; do
  code=0
  boot </dev/null &
  say "$!" >"$LAB/$name/nspawn"
  wait "$!" || code=$?
  say "gatehouse: the machine ended with code $code"
  [ "$code" = "$reboot" ] || break
done
