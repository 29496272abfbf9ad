# shellcheck shell=bash
# Taking instances off a machine without losing a request. Sourced after lib.sh; traffic.sh lies beside it.

removal_lib=$(dirname "${BASH_SOURCE[0]}")

# with_traffic NAME COMMAND...: runs one of traffic.sh's functions for an instance that is installed here.
with_traffic() (
  conf=$INSTANCES/$1/current/instance.conf
  [ -e "$conf" ] || return 0
  # shellcheck source=/dev/null
  . "$conf"
  # shellcheck source=traffic.sh
  . "$removal_lib/traffic.sh"
  "${@:2}"
)

hide() {
  local id
  for id in $(ids); do maintenance "$id" true; done
}

# A gateway's clients do not ask Consul, so there is nothing to wait for.
end_requests() {
  [ "$KIND" = service ] || return 0
  wait_for "$DRAIN_TIMEOUT" quiet || say "$NAME still had requests after ${DRAIN_TIMEOUT}s; going on"
}

# remove_instances NAME...: first nobody is sent to them any more, then they finish what they have, then they go.
remove_instances() {
  [ $# -gt 0 ] || return 0
  local name
  for name in "$@"; do with_traffic "$name" hide; done
  sleep 1 # until every caller's Envoy has heard of it
  for name in "$@"; do
    with_traffic "$name" end_requests
    remove_instance "$name"
  done
}
