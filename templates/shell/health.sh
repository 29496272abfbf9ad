# shellcheck shell=bash
# Whether an instance serves. Sourced after traffic.sh.

HEALTH_TIMEOUT=60 # seconds until a release that is not healthy is given up
SERVED_TIMEOUT=15 # seconds for a gateway to listen again where its routes had it listen before

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# ports_open PORT...
ports_open() {
  local port
  for port in "$@"; do port_open "$port" || return 1; done
}

# checks_of ID: the agent's checks of it, without maintenance mode and what only repeats that (an alias).
checks_of() {
  api GET agent/checks 2>/dev/null |
    jq -c --arg id "$1" '[.[] | select(.ServiceID == $id and .Type != "maintenance" and .Type != "alias")]'
}

checks_pass() {
  local id
  for id in $(ids); do
    [ "$(status_of "$id")" != absent ] || return 1
    checks_of "$id" | jq -e 'all(.[]; .Status == "passing")' >/dev/null || return 1
  done
}

crash_looping() {
  local unit
  for unit in $(units_of "$NAME"); do
    [ "$(systemctl show -P NRestarts "$unit")" -lt 4 ] || return 0
  done
  return 1
}

# or_hopeless COMMAND: nothing more to wait for.
or_hopeless() { "$@" || crash_looping; }

# Waits until the release serves. With fresh=no the checks may still hold the old process's result for a while.
await_health() {
  # shellcheck disable=SC2086 # a list of numbers
  wait_for "$HEALTH_TIMEOUT" or_hopeless ports_open $PORTS || return 1
  if [ "$1" = no ]; then sleep "$CHECK_SECONDS"; fi
  wait_for "$HEALTH_TIMEOUT" or_hopeless checks_pass || return 1
  # shellcheck disable=SC2086 # a list of numbers
  wait_for "$SERVED_TIMEOUT" ports_open $SERVED_PORTS || say "not every port that $NAME served before is open again: $SERVED_PORTS"
  ! crash_looping
}

report() {
  local id unit port
  say "$NAME did not become healthy. What Consul's checks say:"
  for id in $(ids); do
    checks_of "$id" | jq -r '.[] | "  \(.Name): \(.Status) \(.Output)"' || true
  done
  for port in $PORTS; do
    port_open "$port" || say "nothing listens on 127.0.0.1:$port"
  done
  for unit in $(units_of "$NAME"); do
    say "the last lines of $unit:"
    journalctl --no-pager -o short-precise -n 20 -u "$unit" || true
  done
}
