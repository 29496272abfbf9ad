#!/bin/bash
# Waits until every declared route of a gateway on this machine is answered by its service.
# usage: probe.sh BUNDLE   where BUNDLE holds probe.conf and routes: lines of PROTOCOL tls|plain PORT HOST SERVICE
bundle=$1
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh

ROUTE_TIMEOUT=60 # seconds
HEARD=1          # seconds in which the gateway's Envoy hears of new routes, at the latest
RECENT=2         # seconds: what Envoy heard since then are these routes

# ADMIN_PORT
# shellcheck source=/dev/null
. "$bundle/probe.conf"

# Whether Envoy was given listeners or routes just now.
heard() {
  curl -sg --max-time 2 "http://127.0.0.1:$ADMIN_PORT/stats?filter=(lds.update_time|rds..*.config_reload_time_ms)$" |
    awk -v since="$((($(date +%s) - RECENT) * 1000))" '$NF > since { heard = 1 } END { exit !heard }'
}

# http_answers plain|tls PORT HOST [curl arguments]. Envoy adds this header to what a service answered and to none of its
# own answers. Whose certificate it is does not matter here.
http_answers() {
  local answer status url=(-H "Host: $3" "http://127.0.0.1:$2/")
  if [ "$1" = tls ]; then url=(-k --connect-to "::127.0.0.1:$2" "https://$3/"); fi
  answer=$(curl -s -o /dev/null -D - --max-time 5 "${@:4}" "${url[@]}") || return 1
  status=$(head -n 1 <<<"$answer" | cut -d ' ' -f 2)
  last="status $status"
  case $status in 502 | 503 | 504) return 1 ;; esac
  grep -qi '^x-envoy-upstream-service-time:' <<<"$answer"
}

# A connection that stays open for a moment: Envoy closes one that has nowhere to go.
tcp_answers() {
  local status=0
  last="the connection was refused or closed at once"
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  read -r -t 0.5 -n 1 -u 3 || status=$?
  exec 3>&-
  [ "$status" -eq 0 ] || [ "$status" -gt 128 ]
}

answers() {
  case $1 in
    tcp) tcp_answers "$3" 2>/dev/null ;;
    http2 | grpc) http_answers "$2" "$3" "$4" --http2-prior-knowledge ;;
    *) http_answers "$2" "$3" "$4" ;;
  esac
}

wait_for "$HEARD" heard || true # what Envoy answers before says nothing of these routes
failed=0
while read -r protocol way port host service; do
  last="no answer"
  if wait_for "$ROUTE_TIMEOUT" answers "$protocol" "$way" "$port" "$host"; then
    say "route $protocol :$port host '$host' -> $service answers"
  else
    say "route $protocol :$port host '$host' -> $service does not answer after ${ROUTE_TIMEOUT}s: $last"
    failed=1
    ROUTE_TIMEOUT=5 # the others had their time
  fi
done <"$bundle/routes"
[ "$failed" -eq 0 ] || die "not every route answers; on this machine 'mesh routes' and 'mesh status' show more"
