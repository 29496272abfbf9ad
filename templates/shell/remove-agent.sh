#!/bin/bash
# Takes away the Consul agent that agent.sh set up.
# usage: remove-agent.sh BUNDLE   where BUNDLE holds lib/ and wipe.conf
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"

[ -e "$GATEHOUSE/agent.conf" ] || exit 0
other=$(other_mesh "$(mesh_in "$bundle/wipe.conf")" "$GATEHOUSE/agent.conf")
if [ -n "$other" ]; then
  say "the Consul agent of $(hostname) belongs to mesh $other: nothing was removed"
  exit 0
fi
ADDED_USER=no
# shellcheck source=/dev/null
. "$GATEHOUSE/agent.conf"
if systemctl is-active --quiet consul; then CONSUL_HTTP_TOKEN_FILE=$(token_file) timeout 15 consul leave >/dev/null 2>&1 || true; fi
remove_units consul.service
rm -rf "$CONSUL_DIR/consul.hcl" "$CONSUL_DIR/gatehouse-secrets.json" "$CONSUL_DIR/tls"
rm -rf "${SECRETS:?}/_agent.token" "${GATEHOUSE:?}/incoming-secrets"
rmdir "$CONSUL_DIR" 2>/dev/null || true
rm -rf /opt/consul
if [ "$ADDED_USER" = yes ]; then userdel consul 2>/dev/null || true; fi
rm -f "$GATEHOUSE/agent.conf"
rmdir "$SECRETS" "$GATEHOUSE" 2>/dev/null || true
rm -rf "$LOCKS"
say "the Consul agent is gone from $(hostname)"
