# shellcheck shell=bash
# What differs from a release though its files seem to be there. Sourced after lib.sh.

# in_place FILE TARGET MODE: the same content, as a file of root with this mode.
in_place() {
  [ ! -L "$2" ] && cmp -s "$1" "$2" && [ "$(stat -c '%U:%G %a' "$2")" = "root:root ${3#0}" ]
}

# drop_ins UNIT: those for this unit alone.
drop_ins() {
  find /etc/systemd/system{,.control}/"$1.d" /run/systemd/system{,.control}/"$1.d" -name '*.conf' 2>/dev/null || true
}

# runs_otherwise UNIT: its process is not what its file on the disk says.
runs_otherwise() {
  local pid exe
  if [ "$(systemctl show -P NeedDaemonReload "$1")" = yes ] || [ -n "$(drop_ins "$1")" ]; then return 0; fi
  pid=$(systemctl show -P MainPID "$1")
  exe=$(readlink "/proc/$pid/exe" 2>/dev/null) || return 1
  case $exe in
    # The folder is named after what belongs into it; the process may be of a file that was there before.
    "$BINARIES"/*) [ "$(sha256sum <"/proc/$pid/exe" | cut -d ' ' -f 1)" != "$(basename "$(dirname "$exe")")" ] ;;
    *) return 1 ;;
  esac
}

# clear_overrides UNIT...: takes away what somebody put over our units by hand; copies are kept.
clear_overrides() {
  local unit file
  for unit in "$@"; do
    while read -r file; do
      backup "$file"
      rm -f "$file"
      rmdir "$(dirname "$file")" 2>/dev/null || true
    done < <(drop_ins "$unit")
    systemctl --quiet unmask --runtime "$unit" || true
  done
}
