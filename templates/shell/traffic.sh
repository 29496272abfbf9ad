# shellcheck shell=bash
# How traffic leaves an instance and comes back to it. Sourced after lib.sh and an instance.conf.

OTHERS_TIMEOUT=15  # seconds to wait for another instance before this one is drained
HEARD=1            # seconds that callers' Envoys need at least to hear of a change
DRAIN_TIMEOUT=10   # seconds that running requests have to end
HELD=10            # seconds that new connections are held back at most while a port is closed
OFFERED_TIMEOUT=60 # seconds until Consul's servers must offer a healthy instance to callers again

# The ids under which Consul knows the instance.
ids() {
  echo "$NAME"
  if [ "$KIND" = service ]; then echo "$NAME-sidecar-proxy"; fi
}

# any_instance ==|!=: whether Consul's servers offer an instance on this node (or another one) to callers.
any_instance() {
  local by=service node
  if [ "$KIND" = service ]; then by=connect; fi
  node=$(sed -n "s/^NODE='\(.*\)'$/\1/p" "$GATEHOUSE/node.conf") || return 1
  api GET "health/$by/$NAME" 2>/dev/null |
    jq -e --arg node "$node" "any(.[]; (.Node.Node $1 \$node) and all(.Checks[]; .Status != \"critical\"))" >/dev/null
}

others_serve() { any_instance "!="; }
offered() { any_instance "=="; }

# Envoy's running requests (http) or connections (tcp) from outside, and how many there ever were.
traffic() {
  # -g: brackets in the address are the regular expression's.
  curl -sg --max-time 2 "http://127.0.0.1:$ADMIN_PORT/stats?filter=^(http.(public_listener|ingress_upstream).*downstream_rq|tcp.(public_listener|ingress_upstream).*downstream_cx)_(active|total)$" |
    awk '/active:/ { active += $NF } /total:/ { total += $NF } END { print active + 0, total + 0 }'
}

# Nothing runs, and nothing came for half a second.
quiet() {
  local before
  before=$(traffic)
  case $before in "0 "*) ;; *) return 1 ;; esac
  sleep 0.5
  [ "$(traffic)" = "$before" ]
}

# Sends callers elsewhere and lets running requests end. False when there is nowhere else: then waiting only makes the
# outage longer.
drain() {
  [ "$DRAIN" = yes ] || return 1
  if ! wait_for "$OTHERS_TIMEOUT" others_serve; then
    say "no other instance of $NAME passes its checks, so this one is not drained"
    return 1
  fi
  local id
  for id in $(ids); do maintenance "$id" true; done
  sleep "$HEARD"
  # A gateway's clients do not ask Consul; its unit drains it when it stops.
  [ "$KIND" = service ] || return 0
  wait_for "$DRAIN_TIMEOUT" quiet || say "$NAME still had requests after ${DRAIN_TIMEOUT}s; going on"
}

undrain() {
  local id
  for id in $(ids); do maintenance "$id" false; done
}

# hold PORT...: whoever connects to these waits, instead of being refused, and is there a second later: that is when TCP
# tries again. The kernel ends it by itself, whatever happens to us.
hold() {
  [ $# -gt 0 ] && command -v nft >/dev/null || return 0
  let_go
  nft -f - <<EOF || say "nft could not hold connections back; they are refused meanwhile"
table inet gatehouse-$NAME {
  set closed { type inet_service; flags timeout; timeout ${HELD}s; elements = { $(IFS=,; echo "$*") } }
  chain input { type filter hook input priority -10; tcp flags & (syn | ack) == syn tcp dport @closed drop; }
}
EOF
}

let_go() { nft delete table inet "gatehouse-$NAME" 2>/dev/null || true; }

# listens PORT...: asked of the kernel, since a connection would be held back.
listens() {
  local port sockets
  sockets=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  for port in "$@"; do grep -q "$(printf '^ *[0-9]*: [0-9A-F]*:%04X [0-9A-F]*:0000 0A' "$port")" <<<"$sockets" || return 1; done
}

# Ends when callers may be sent here again, so that the next instance can be drained.
take_back() {
  undrain
  wait_for "$OFFERED_TIMEOUT" offered ||
    die "$NAME passes its checks on this machine, but after ${OFFERED_TIMEOUT}s Consul's servers do not offer it to callers; see 'mesh status' and: journalctl -u consul -n 50"
}
