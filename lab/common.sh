# Shared by the lab's scripts. Names, places, and which processes are ours.
# shellcheck shell=bash disable=SC2034

LAB=/var/lib/gatehouse-lab
BRIDGE=gh0
SUBNET=10.77.0.0/24
HOST_ADDRESS=10.77.0.1/24

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# The folder in which cgroups are made, one line a hierarchy: cgroup v2 alone, or v1 with a v2 next to it (hybrid).
cgroup_parents() {
  if [ -e /sys/fs/cgroup/cgroup.procs ]; then
    say /sys/fs/cgroup
  else
    for hierarchy in systemd unified; do
      if [ -e "/sys/fs/cgroup/$hierarchy/cgroup.procs" ]; then say "/sys/fs/cgroup/$hierarchy"; fi
    done
  fi
}

# A machine's own cgroups. Whatever runs in them is ours to end, and nothing else is.
cgroups_of() {
  cgroup_parents | while read -r parent; do say "$parent/gatehouse-lab-$1"; done
}

processes_of() {
  cgroups_of "$1" | while read -r cgroup; do
    if [ -d "$cgroup" ]; then find "$cgroup" -name cgroup.procs -exec cat {} +; fi
  done | sort -un
}

# Field 22 of stat: with it a recycled process id is not taken for ours. The name in field 2 may hold spaces.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# The supervisor's id, when it still runs.
supervisor_of() {
  local pid started
  read -r pid started 2>/dev/null <"$LAB/$1/supervisor" || return 1
  [ "$(start_time "$pid")" = "$started" ] && say "$pid"
}

# The machine's process 1 as the host sees it: nspawn's child that lives in another pid namespace.
init_of() {
  local nspawn child here
  nspawn=$(cat "$LAB/$1/nspawn" 2>/dev/null) || return 1
  [ "$(cat "/proc/$nspawn/comm" 2>/dev/null)" = systemd-nspawn ] || return 1
  here=$(readlink "/proc/$nspawn/ns/pid")
  while read -r child; do
    if [ "$(readlink "/proc/$child/ns/pid")" != "$here" ]; then say "$child" && return; fi
  done < <(pgrep -P "$nspawn")
  return 1
}

# Waits up to $1 seconds until the rest succeeds.
wait_for() {
  local tries=$(($1 * 20))
  shift
  until "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.05
  done
}
