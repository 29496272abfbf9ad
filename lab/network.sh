#!/usr/bin/env bash
# The lab's network: a bridge that leads nowhere. `up` may run again at any time; `down` takes all of it away.
#
# Nothing leaks: the machines have no default route, the host does not forward what comes in from the bridge, and
# with the bridge down an unreachable route of a worse metric keeps the lab's addresses from leaving by the default
# route.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

# Where br_netfilter is loaded (Docker does that), the host's firewall also sees frames between two machines.
firewall_sees_bridge() {
  [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" = 1 ] && command -v iptables >/dev/null
}

up() {
  ip route replace unreachable "$SUBNET" metric 4096
  ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add "$BRIDGE" type bridge
  ip address replace "$HOST_ADDRESS" dev "$BRIDGE"
  ip link set "$BRIDGE" up
  printf 0 >"/proc/sys/net/ipv4/conf/$BRIDGE/forwarding"
  printf 1 >"/proc/sys/net/ipv6/conf/$BRIDGE/disable_ipv6" 2>/dev/null || true
  if firewall_sees_bridge && ! iptables -C FORWARD -i "$BRIDGE" -o "$BRIDGE" -j ACCEPT 2>/dev/null; then
    iptables -I FORWARD -i "$BRIDGE" -o "$BRIDGE" -j ACCEPT
  fi
}

down() {
  if command -v iptables >/dev/null; then
    iptables -D FORWARD -i "$BRIDGE" -o "$BRIDGE" -j ACCEPT 2>/dev/null || true
  fi
  ip link delete "$BRIDGE" 2>/dev/null || true
  ip route delete unreachable "$SUBNET" metric 4096 2>/dev/null || true
}

case "${1:-}" in
  up | down) "$1" ;;
  *) fail "usage: network.sh up|down" ;;
esac
