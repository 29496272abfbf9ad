#!/bin/bash
# What the operator of this machine types: a thin layer over systemctl, journalctl, consul and Envoy's admin page.
set -euo pipefail

GATEHOUSE=/opt/gatehouse
INSTANCES=$GATEHOUSE/instances
SECRETS=$GATEHOUSE/secrets
AGENT=http://127.0.0.1:8500/v1
# MESH, NODE, ROLE
# shellcheck source=/dev/null
. "$GATEHOUSE/node.conf"

usage() {
  cat <<TEXT
mesh: the mesh '$MESH' on this machine, $NODE ($ROLE)

  mesh status          units, health and Envoy of everything that runs here
  mesh logs NAME       follow the journal of a service or gateway and its Envoy   [journalctl options]
  mesh restart NAME    restart a service and its sidecar, or a gateway
  mesh rollback NAME   go back to the release of NAME before the one that runs
  mesh routes          which hosts and ports lead where
  mesh config NAME     what was installed for NAME, and what Consul and Envoy made of it
TEXT
}

fail() {
  printf 'mesh: %s\n' "$*" >&2
  exit 1
}

# ask PATH: the machine's own Consul agent, with the machine's token, which never stands on a command line.
ask() {
  local token=""
  if [ -r "$SECRETS/_agent.token" ]; then token=$(<"$SECRETS/_agent.token"); fi
  curl -s --max-time 5 ${token:+-H @<(printf 'X-Consul-Token: %s\n' "$token")} "$AGENT/$1"
}

names() { find "$INSTANCES" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort; }

known() {
  [ -n "${1:-}" ] || fail "which one? say one of: $(names | xargs)"
  [ -d "$INSTANCES/$1" ] || fail "no '$1' on this machine; there are: $(names | xargs)"
}

units() {
  local unit
  for unit in "$1.service" "$1-sidecar-proxy.service"; do
    if [ -e "/etc/systemd/system/$unit" ]; then echo "$unit"; fi
  done
}

conf() { sed -n "s/^$2='\(.*\)'$/\1/p" "$INSTANCES/$1/current/instance.conf"; }

admin() { curl -s --max-time 5 "http://127.0.0.1:$(conf "$1" ADMIN_PORT)/$2"; }

rolled_back() {
  if [ -e "$INSTANCES/$1/rolled-back" ]; then printf ', rolled back by hand; deployed was %s' "$(cat "$INSTANCES/$1/rolled-back")"; fi
}

status() {
  local name unit
  printf 'consul: %s, leader %s\n' "$(systemctl is-active consul || true)" "$(ask "status/leader" || echo unknown)"
  printf '%-45s %-10s %-10s %-9s %s\n' UNIT ACTIVE ENABLED RESTARTS SINCE
  for name in $(names); do
    for unit in $(units "$name"); do
      printf '%-45s %-10s %-10s %-9s %s\n' "$unit" "$(systemctl is-active "$unit" || true)" \
        "$(systemctl is-enabled "$unit" || true)" "$(systemctl show -P NRestarts "$unit")" \
        "$(systemctl show -P ActiveEnterTimestamp "$unit")"
    done
  done
  printf '\nCHECKS\n'
  ask "agent/checks" |
    jq -r 'to_entries | sort_by(.key) | .[].value | "\(.ServiceID // "node")  \(.Name): \(.Status)  \(.Output | gsub("\\s+"; " ") | .[0:100])"' ||
    echo "Consul's agent does not answer"
  for name in $(names); do
    printf 'release of %s: %s%s\n' "$name" "$(conf "$name" RELEASE)" "$(rolled_back "$name")"
    printf 'envoy of %s: %s\n' "$name" "$(admin "$name" ready || echo "does not answer")"
  done
}

logs() {
  known "${1:-}"
  local name=$1 arguments=()
  shift
  [ $# -gt 0 ] || set -- -f -n 50
  while read -r unit; do arguments+=(-u "$unit"); done < <(units "$name")
  exec journalctl "${arguments[@]}" "$@"
}

restart() {
  known "${1:-}"
  local list
  mapfile -t list < <(units "$1")
  systemctl restart "${list[@]}"
  systemctl --no-pager --lines 0 status "${list[@]}"
}

rollback() {
  known "${1:-}"
  exec "$GATEHOUSE/lib/rollback.sh" "$1"
}

routes() {
  ask "config/ingress-gateway" | jq -r '
    .[] | .Name as $gateway | .Listeners[]? | .Port as $port | .Protocol as $protocol | .Services[] |
    "\($gateway) :\($port) \($protocol) host \(.Hosts // ["\(.Name).ingress.*"] | join(", ")) -> \(.Name)"'
}

config() {
  known "${1:-}"
  local current=$INSTANCES/$1/current file
  for file in "$current"/consul/* "$current"/systemd/*; do
    printf '### %s\n' "$file"
    cat "$file"
  done
  printf '### environment: the names only\n'
  sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' "$current"/env/* "$current"/secrets/* 2>/dev/null || true
  printf '### as Consul has it\n'
  ask "agent/service/$1" | jq . || true
  printf '### clusters of its Envoy\n'
  admin "$1" clusters | grep -E '::(health_flags|cx_active|rq_active)' || true
}

if [ -d "$SECRETS" ] && [ ! -r "$SECRETS" ]; then fail "only root may read this machine's token for Consul: sudo mesh $*"; fi
case ${1:-help} in
  status | routes) "$1" ;;
  logs | restart | rollback | config) "$@" ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
