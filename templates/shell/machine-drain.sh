#!/bin/bash
# Takes this machine out of the mesh before it shuts down, and back in after it has started: gatehouse-drain.service.
# usage: machine-drain.sh on|off
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh

LEAVE_SECONDS=2 # until every caller's Envoy has heard of it, and running requests have ended

AGREE_SECONDS=5 # for Consul's servers to have what the agent has
TRIES=6

# The checks of this machine and how they are, as the agent has them and as the servers do.
by_agent() { api GET agent/checks | jq -r '.[] | "\(.CheckID) \(.Status)"' | sort; }
by_servers() {
  api GET "health/node/$(api GET agent/self | jq -r .Config.NodeName)" |
    jq -r '.[] | select(.CheckID != "serfHealth") | "\(.CheckID) \(.Status)"' | sort
}
servers_agree() {
  local own
  own=$(by_agent 2>/dev/null) && [ "$own" = "$(by_servers 2>/dev/null)" ]
}

# Instances whose sidecar's alias check still repeats the maintenance mode: the agent looks again when a check of the
# service changes, which the machine's maintenance mode is not, or else after a minute.
behind() {
  api GET agent/checks | jq -r '.[] | select(.Type == "alias" and .Status == "critical" and (.Output | contains("Node Maintenance Mode"))) | .ServiceID' |
    sed 's/-sidecar-proxy$//'
}
tell_again() {
  for NAME in $(behind); do
    maintenance "$NAME" true
    maintenance "$NAME" false
  done
}
settled() {
  tell_again
  [ -z "$(behind)" ] && servers_agree
}

case $1 in
  on)
    machine_maintenance true || say "Consul's agent does not answer: nobody could be told that this machine goes"
    sleep "$LEAVE_SECONDS"
    ;;
  off)
    # Without a server to tell, the agent would keep this to itself, and try again only after a quarter of a minute.
    wait_for 60 agent_answers && wait_for 60 has_leader && machine_maintenance false || die "this machine stays in maintenance mode: Consul's agent does not answer"
    # An agent that has just started may miss that a check changed; it would tell the servers a minute later.
    for ((tries = 0; tries < TRIES; tries++)); do
      if wait_for "$AGREE_SECONDS" settled; then exit 0; fi
      machine_maintenance true || true
      machine_maintenance false || die "this machine stays in maintenance mode: Consul's agent does not answer"
    done
    say "Consul's servers do not have the checks of this machine as its agent has them; see: journalctl -u consul -n 50"
    ;;
esac
