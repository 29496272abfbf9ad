#!/usr/bin/env bash
# One machine of the lab. Every verb may run again at any time, also over what a killed run left behind.
#   machine.sh up NAME ADDRESS ROOT CONSUL ENVOY STATE   start it, or make the running one fit
#   machine.sh stop|kill|reboot NAME                     shut down; cut the power; restart
#   machine.sh link NAME ADDRESS up|down                 plug or pull its network cable
#   machine.sh wipe NAME                                 cut the power and forget what was written
#   machine.sh remove NAME                               the same, and leave nothing
# STATE is the folder with id_ed25519.pub, hosts and NAME/ssh_host_ed25519_key.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

verb=$1 name=$2
home=$LAB/$name
root=$home/root
netns=gatehouse-$name

running() { supervisor_of "$name" >/dev/null && init_of "$name" >/dev/null; }
# A running machine holds on to its network namespace, also after its name was removed.
in_netns() { [ "$(stat -Lc %i "/proc/$(init_of "$name")/ns/net")" = "$(stat -c %i "/run/netns/$netns")" ]; }
gone() { ! supervisor_of "$name" >/dev/null && [ -z "$(processes_of "$name")" ]; }

end_processes() {
  local init pid
  if ! { init=$(init_of "$name") && kill -KILL "$init" && wait_for 3 gone; }; then
    for pid in $(processes_of "$name") $(supervisor_of "$name"); do kill -KILL "$pid" 2>/dev/null || true; done
    wait_for 10 gone || fail "$name: processes remain: $(processes_of "$name" | tr '\n' ' ')"
  fi
  cgroups_of "$name" | while read -r cgroup; do
    if [ -d "$cgroup" ]; then find "$cgroup" -depth -type d -exec rmdir {} +; fi
  done
}

stop() {
  local init
  if init=$(init_of "$name"); then
    kill -s RTMIN+4 "$init"
    wait_for 20 gone || true
  fi
  end_processes
}

host_link() { say "gh${1##*.}"; }

# Always the same for an address, so that no other machine sends to the card of the machine that had it before.
mac() { printf '02:67:68:00:00:%02x\n' "${1##*.}"; }

plug_in() {
  local address=$1 link
  link=$(host_link "$address")
  ip -n "$netns" link show lo >/dev/null 2>&1 || { ip netns delete "$netns" 2>/dev/null || true; ip netns add "$netns"; }
  if ! ip -n "$netns" link show eth0 >/dev/null 2>&1; then
    ip link delete "$link" 2>/dev/null || true
    ip link add "$link" type veth peer name eth0 address "$(mac "$address")" netns "$netns"
  fi
  ip -n "$netns" address replace "$address/24" dev eth0
  ip -n "$netns" link set lo up
  ip -n "$netns" link set eth0 up
  ip link set "$link" master "$BRIDGE" up
}

mount_root() {
  local lower=$1 state=$2
  mountpoint -q "$root" && return
  # A new machine is born: what Terraform remembers of the one before does not hold for it.
  if [ ! -d "$home/upper" ]; then
    cat /proc/sys/kernel/random/uuid >"$home/born"
    say "${state%/lab/.state}" >"$home/checkout"
  fi
  mkdir -p "$home/upper" "$home/work" "$root"
  mount -t overlay "gatehouse-$name" "$root" -o "lowerdir=$lower,upperdir=$home/upper,workdir=$home/work" ||
    fail "$name: no overlay on $home: is that folder itself on an overlay (a container)?"
}

unmount_root() { while mountpoint -q "$root"; do umount "$root"; done; }

# Copies a file into the machine unless it is there already, byte for byte. Says so by its exit code.
put() {
  local mode=$1 from=$2 to=$root$3
  cmp -s "$from" "$to" && return 1
  install -D -m "$mode" "$from" "$to"
}

# The keys may be those of another clone than last time: then sshd of a running machine must look again.
put_files() {
  local state=$1 changed="" init
  put 644 "$state/hosts" /etc/hosts || true
  [ -s "$root/etc/machine-id" ] || say "$name" | md5sum | cut -c1-32 >"$root/etc/machine-id"
  say "$name" >"$root/etc/hostname"
  install -d -m 700 "$root/root/.ssh"
  put 600 "$state/id_ed25519.pub" /root/.ssh/authorized_keys || true
  chroot "$root" bash -s -- deploy "$(cat "$state/id_ed25519.pub")" <"$(dirname "$0")/../templates/shell/deploy-user.sh"
  put 600 "$state/$name/ssh_host_ed25519_key" /etc/ssh/ssh_host_ed25519_key && changed=yes
  put 644 "$state/$name/ssh_host_ed25519_key.pub" /etc/ssh/ssh_host_ed25519_key.pub && changed=yes
  if [ -n "$changed" ] && init=$(init_of "$name"); then nsenter -a -t "$init" systemctl try-restart ssh; fi
}

start() {
  local consul=$1 envoy=$2
  : >"$home/console.log"
  setsid --fork "$(dirname "$0")/supervise.sh" "$name" "$consul" "$envoy" </dev/null >>"$home/console.log" 2>&1 9>&-
  wait_for 10 running || fail "$name did not start: $(tail -n 5 "$home/console.log")"
}

up() {
  local address=$1 lower=$2 consul=$3 envoy=$4 state=$5 spec
  spec=$(printf '%s\n' "$address" "$lower" "$consul" "$envoy")
  if [ -f "$home/spec" ] && [ "$spec" != "$(cat "$home/spec")" ]; then
    stop
    unmount_root
    ip netns delete "$netns" 2>/dev/null || true
    [ "$(sed -n 2p "$home/spec")" = "$lower" ] || rm -rf "$home/upper" "$home/work"
  fi
  say "$spec" >"$home/spec"
  plug_in "$address"
  { running && in_netns; } || end_processes
  mount_root "$lower" "$state"
  put_files "$state"
  running || start "$consul" "$envoy"
}

wipe() {
  end_processes
  unmount_root
  rm -rf --one-file-system "$home/upper" "$home/work" "$home/checkout"
}

remove() {
  wipe
  ip netns delete "$netns" 2>/dev/null || true
  rm -rf --one-file-system "$home"
}

mkdir -p "$home"
exec 9>"$home/lock"
flock 9
case "$verb" in
  up) up "${@:3}" ;;
  stop) stop ;;
  kill) end_processes ;;
  reboot) kill -s RTMIN+5 "$(init_of "$name")" ;;
  link) ip link set "$(host_link "$3")" "$4" ;;
  wipe) wipe ;;
  remove) remove ;;
  *) fail "usage: see the head of machine.sh" ;;
esac
