#!/bin/bash
# Lets a gateway's Envoy end what it has begun before systemd stops it: the unit's ExecStop.
# usage: drain-gateway.sh NAME ADMIN_PORT

DRAIN_TIMEOUT=10 # seconds that connections have to end
# shellcheck disable=SC2034 # read by traffic.sh
NAME=$1 KIND=ingress-gateway ADMIN_PORT=$2
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh
# shellcheck source=traffic.sh
. /opt/gatehouse/lib/traffic.sh

admin() { curl -s -o /dev/null --max-time 2 -X POST "http://127.0.0.1:$ADMIN_PORT/$1"; }

# Only where clients have another gateway to go to: else every moment of this is an outage.
others_serve || exit 0
admin healthcheck/fail # every answer tells its client to close the connection and to open a new one
admin drain_listeners  # and a new one is refused, so the client tries the other gateway
sleep 1                # connections in use have had their last answer
wait_for "$DRAIN_TIMEOUT" quiet || say "$NAME still had requests after ${DRAIN_TIMEOUT}s; going on"
