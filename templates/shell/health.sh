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

# checks [CONDITION]: the agent's checks of the instance, without maintenance mode and what only repeats that (an alias).
checks() {
  local id of=""
  for id in $(ids); do of+="${of:+ or }ServiceID == \"$id\""; done
  api GET agent/checks -G --data-urlencode "filter=($of) and Type != maintenance and Type != alias${1:+ and $1}" 2>/dev/null
}

registered() {
  local id
  for id in $(ids); do [ "$(status_of "$id")" != absent ] || return 1; done
}

# Asked five times a second, on every machine at once: Consul finds what it is about, jq would take longer than all of it.
checks_pass() { [ "$(checks "Status != passing")" = "{}" ]; }

# How often systemd has restarted its units by itself since we did.
restarts() {
  local unit
  for unit in $(units_of "$NAME"); do systemctl show -P NRestarts "$unit"; done
}

crash_looping() { restarts | awk '$1 >= 4 { looping = 1 } END { exit !looping }'; }

# or_hopeless COMMAND: nothing more to wait for.
or_hopeless() { "$@" || crash_looping; }

# serves PORT...: it runs, they are open, and its health check, where that asks over http, is answered as Consul's agent
# wants it.
serves() {
  systemctl --quiet is-active "$NAME.service" && ports_open "$@" || return 1
  [ -z "$CHECK_URL" ] || curl -sL -o /dev/null --fail --max-time "$CHECK_TIMEOUT" "$CHECK_URL"
}

# Consul's checks hold the earlier process's result for a while, so this one is asked itself: now and a moment later,
# without a restart in between.
goes_on_serving() {
  local before
  serves "$@" || return 1
  before=$(restarts)
  sleep "$CHECK_SECONDS"
  serves "$@" && [ "$(restarts)" = "$before" ]
}

# await_health yes|no: waits until the release serves. With yes Consul has no result of an earlier process.
await_health() {
  local well=goes_on_serving
  if [ "$1" = yes ]; then well=serves; fi
  # shellcheck disable=SC2086 # a list of numbers
  wait_for "$HEALTH_TIMEOUT" or_hopeless "$well" $PORTS || return 1
  wait_for "$HEALTH_TIMEOUT" or_hopeless registered || return 1
  wait_for "$HEALTH_TIMEOUT" or_hopeless checks_pass || return 1
  # shellcheck disable=SC2086 # a list of numbers
  wait_for "$SERVED_TIMEOUT" ports_open $SERVED_PORTS || say "not every port that $NAME served before is open again: $SERVED_PORTS"
  ! crash_looping
}

report() {
  local unit port
  say "$NAME did not become healthy. What Consul's checks say:"
  checks | jq -r '.[] | "  \(.Name): \(.Status) \(.Output)"' || true
  [ -z "$CHECK_URL" ] || say "$CHECK_URL answers: $(curl -sSL --max-time "$CHECK_TIMEOUT" -w '\nstatus %{http_code}' "$CHECK_URL" 2>&1 | tail -c 300)"
  for port in $PORTS; do
    port_open "$port" || say "nothing listens on 127.0.0.1:$port"
  done
  for unit in $(units_of "$NAME"); do
    say "the last lines of $unit:"
    journalctl --no-pager -o short-precise -n 20 -u "$unit" || true
  done
}
