#!/bin/bash
# Takes this machine out of the mesh before it shuts down, and back in after it has started: gatehouse-drain.service.
# usage: machine-drain.sh on|off
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh

LEAVE_SECONDS=2 # until every caller's Envoy has heard of it, and running requests have ended

case $1 in
  on)
    machine_maintenance true || say "Consul's agent does not answer: nobody could be told that this machine goes"
    sleep "$LEAVE_SECONDS"
    ;;
  off)
    # Without a server to tell, the agent would keep this to itself, and try again only after a quarter of a minute.
    wait_for 60 agent_answers && wait_for 60 has_leader && machine_maintenance false || die "this machine stays in maintenance mode: Consul's agent does not answer"
    ;;
esac
