# shellcheck shell=bash
# What differs from a release though its files seem to be there. Sourced after lib.sh.

# with_token FILE: a definition of a release as Consul needs it: with the instance's token, which no release holds.
with_token() {
  if [ ! -e "$SECRETS/$NAME.token" ]; then
    cat "$1"
    return
  fi
  awk -v from="$SECRETS/$NAME.token" '
    { print }
    /^service \{$/ && !told { getline token <from; printf "  token = \"%s\"\n", token; told = 1 }' "$1"
}

# live_content RELEASE FILE: what a file of a release is on the machine.
live_content() {
  case $2 in consul/*) with_token "$1/$2" ;; *) cat "$1/$2" ;; esac
}

mode_of() {
  case $1 in
    env/* | secrets/*) echo 0600 ;;
    consul/*) if [ -e "$SECRETS/$NAME.token" ]; then echo 0640; else echo 0644; fi ;;
    *) echo 0644 ;;
  esac
}

owner_of() {
  case $1 in
    consul/*) if [ -e "$SECRETS/$NAME.token" ]; then echo root:consul; else echo root:root; fi ;;
    *) echo root:root ;;
  esac
}

# in_place RELEASE FILE TARGET: the same content, owner and mode.
in_place() {
  # What cmp has seen enough of breaks the pipe, which the writer would tell about.
  [ -e "$3" ] && [ ! -L "$3" ] && cmp -s <(live_content "$1" "$2" 2>/dev/null) "$3" &&
    [ "$(stat -c '%U:%G 0%a' "$3")" = "$(owner_of "$2") $(mode_of "$2")" ]
}

# has_other_token UNIT: it was started with a token that is no longer this instance's.
has_other_token() {
  local own=/run/credentials/$1/token
  [ -e "$own" ] && ! cmp -s "$own" "$SECRETS/$NAME.token"
}

# drop_ins UNIT: those for this unit alone.
drop_ins() {
  find /etc/systemd/system{,.control}/"$1.d" /run/systemd/system{,.control}/"$1.d" -name '*.conf' 2>/dev/null || true
}

# runs_otherwise UNIT: its process is not what its file on the disk says.
runs_otherwise() {
  local pid exe
  if [ "$(systemctl show -P NeedDaemonReload "$1")" = yes ] || [ -n "$(drop_ins "$1")" ] || has_other_token "$1"; then
    return 0
  fi
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
    if [ -L "/run/systemd/system/$unit" ]; then systemctl --quiet unmask --runtime "$unit" || true; fi
  done
}
