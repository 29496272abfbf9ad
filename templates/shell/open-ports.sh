# shellcheck shell=bash
# Where a unit can be reached from other nodes: for the preflight, which puts this in front of preflight.sh.

# open_ports UNIT...: the TCP sockets that processes of these units listen on and that are not on loopback. Lines of UNIT, a
# tab, and address:port as the kernel writes them.
open_ports() {
  local unit sockets
  for unit in "$@"; do
    sockets=$(processes_in "$unit" | while read -r pid; do find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null || true; done)
    [ -n "$sockets" ] || continue
    awk -v unit="$unit" '
      NR == FNR { own[$1]; next }
      $4 == "0A" && ("socket:[" $10 "]") in own && $2 !~ /^(0000000000000000FFFF0000)?......7F:/ && $2 !~ /^00000000000000000000000001000000:/ { print unit "\t" $2 }
    ' <(printf '%s\n' "$sockets") <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null) | sort -u
  done
}

processes_in() {
  local group
  group=$(systemctl show -P ControlGroup "$1")
  [ -n "$group" ] || return 0
  # One of these is there: cgroup v2 alone, or v1 with or without a v2 next to it.
  { cat /sys/fs/cgroup{,/systemd,/unified}"$group"/cgroup.procs 2>/dev/null || true; } | sort -u
}
