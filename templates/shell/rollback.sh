#!/bin/bash
# Goes back to the release that was put into service before the one that runs: what `mesh rollback` does.
# usage: rollback.sh NAME
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh
# shellcheck source=traffic.sh
. /opt/gatehouse/lib/traffic.sh
# shellcheck source=health.sh
. /opt/gatehouse/lib/health.sh
# shellcheck source=release.sh
. /opt/gatehouse/lib/release.sh

home=$INSTANCES/$1

main() {
  lock "$1" 7
  local current earlier
  current=$(basename "$(readlink -f "$home/current")")
  earlier=$(releases | awk -v current="$current" 'found && !told { print; told = 1 } $0 == current { found = 1 }')
  [ -n "$earlier" ] || die "there is no release of $1 before $current on this machine; the last $KEEP_RELEASES are kept"
  use_conf "$home/releases/$earlier"
  validate "$home/releases/$earlier" || die "release $earlier of $NAME is not valid on this machine any more; nothing was changed"
  say "$NAME goes back from release $current to $earlier"
  if ! put_into_service "$home/releases/$earlier"; then
    report
    use_conf "$home/releases/$current"
    put_into_service "$home/releases/$current" || say "release $current is not healthy either"
    undrain
    die "release $earlier of $NAME is not healthy; this machine is at release $current again"
  fi
  take_back
  make_current "$home/releases/$earlier"
  # What Terraform put here last stays on record, however often one goes back.
  [ -e "$home/rolled-back" ] || echo "$current" >"$home/rolled-back"
  say "$NAME serves with release $earlier (restarted: ${restarted[*]:-nothing})"
  say "Terraform does not know: the next deploy that changes $NAME, or 'npm run doctor -- --mend', puts the declared release back"
}

main "$1"
