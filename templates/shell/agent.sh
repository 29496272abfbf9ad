#!/bin/bash
# Sets up the Consul agent of a machine and waits until it takes part in the cluster.
# usage: agent.sh BUNDLE   where BUNDLE holds lib/, consul.hcl, consul.service and agent.conf
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"
# shellcheck source=secrets.sh
. "$bundle/lib/secrets.sh"

TLS_DIR=$CONSUL_DIR/tls
SECRETS_JSON=$CONSUL_DIR/gatehouse-secrets.json
XDS_DAYS=3650

add_user() {
  if getent passwd consul >/dev/null; then return 0; fi
  useradd --system --home-dir /opt/consul --no-create-home --shell /usr/sbin/nologin consul
  echo "ADDED_USER=yes" >>"$bundle/agent.conf"
}

# An agent that somebody else set up is taken over; copies of its files are kept.
keep_foreign() {
  local file
  [ ! -e "$GATEHOUSE/agent.conf" ] || return 0
  for file in "$CONSUL_DIR/consul.hcl" "$UNIT_DIR/consul.service"; do
    if [ -e "$file" ]; then backup "$file"; fi
  done
}

# keep_state FOLDER: what the agent's configuration is made of, the unit in a folder `unit`.
keep_state() {
  local file
  mkdir -p "$1/consul" "$1/unit"
  for file in "$CONSUL_DIR/consul.hcl" "$SECRETS_JSON" "$TLS_DIR"; do
    if [ -e "$file" ]; then cp -a "$file" "$1/consul/"; fi
  done
  cp -a "$UNIT_DIR/consul.service" "$1/unit/"
}

restore() {
  if [ -n "$1" ]; then
    rm -rf "$SECRETS_JSON" "$TLS_DIR"
    cp -a "$1"/consul/. "$CONSUL_DIR/"
    cp -a "$1/unit/consul.service" "$UNIT_DIR/consul.service"
    rm -rf "$1"
    systemctl daemon-reload
    systemctl restart consul || true
    die "the agent did not start with its new configuration; this machine went back to the earlier one"
  fi
  die "the agent did not start; see: journalctl -u consul -n 50"
}

# write_if_new TARGET MODE OWNER CONTENT: the agent must hear of it when that is something new.
write_if_new() {
  if [ "$4" = "$(cat "$1" 2>/dev/null)" ] && [ "$(stat -c '%a %U:%G' "$1")" = "${2#0} $3" ]; then return 0; fi
  printf '%s\n' "$4" | write_secret "$1" "$2" "$3"
  heard=yes
}

# The certificate with which the agent meets this machine's own Envoys. It is made here, and its key leaves nowhere: what
# auto-encrypt gives the agent is signed by the CA of the mesh, which may be replaced under an Envoy that runs.
make_xds_certificate() {
  local folder
  [ ! -s "$TLS_DIR/xds.pem" ] || [ ! -s "$TLS_DIR/xds-key.pem" ] || [ ! -s "$TLS_DIR/xds-ca.pem" ] || return 0
  folder=$(mktemp -d)
  (
    cd "$folder" || exit
    consul tls ca create -domain=xds -days="$XDS_DAYS"
    consul tls cert create -client -domain=xds -dc=local -days="$XDS_DAYS"
  ) >/dev/null
  write_secret "$TLS_DIR/xds-ca.pem" 0644 root:root <"$folder/xds-agent-ca.pem"
  write_secret "$TLS_DIR/xds.pem" 0644 root:root <"$folder/local-client-xds-0.pem"
  write_secret "$TLS_DIR/xds-key.pem" 0640 root:consul <"$folder/local-client-xds-0-key.pem"
  rm -rf "$folder"
  heard=yes
}

install_certificates() {
  if [ "$TLS" != yes ]; then
    rm -rf "$TLS_DIR"
    return 0
  fi
  install -d -m 0755 "$TLS_DIR"
  write_if_new "$TLS_DIR/ca.pem" 0644 root:root "$(secret ca)"
  if [ "$ROLE" = server ]; then
    write_if_new "$TLS_DIR/server.pem" 0644 root:root "$(secret cert)"
    write_if_new "$TLS_DIR/server-key.pem" 0640 root:consul "$(secret key)"
  else
    make_xds_certificate
  fi
}

# The gossip key and the agent's tokens, which stand nowhere else in its configuration.
install_secrets() {
  local token settings
  token=$(secret agentToken)
  if [ -n "$token" ]; then
    printf '%s\n' "$token" | write_secret "$SECRETS/_agent.token" 0600 root:root
  elif [ "$ACL" = no ]; then
    rm -f "$SECRETS/_agent.token"
  elif [ -e "$SECRETS/_agent.token" ]; then
    token=$(<"$SECRETS/_agent.token") # of a server: it came after the server's start
  fi
  # jq reads the token from its input: it must not stand on a command line.
  # shellcheck disable=SC2154 # secrets.sh sets it
  settings=$({ printf '%s' "$token" | jq -Rs .; printf '%s' "$secrets"; } | jq -s '.[0] as $token | .[1] | {
    encrypt: .gossipKey,
    acl: {tokens: {agent: (if $token == "" then null else $token end), initial_management: .managementToken}}
  } | del(.. | nulls)')
  if [ "$SECRETS_COME" = no ]; then
    rm -f "$SECRETS_JSON"
    return 0
  fi
  # Another gossip key, or none any more, is nothing that a reload could bring.
  [ "$(jq .encrypt "$SECRETS_JSON" 2>/dev/null)" = "$(jq .encrypt <<<"$settings")" ] || restart=yes
  write_if_new "$SECRETS_JSON" 0640 root:consul "$settings"
}

# Which of TLS and gossip encryption this machine has.
locks() { echo "$([ -e "$TLS_DIR/ca.pem" ] && echo tls) $(jq -r 'select(.encrypt) | "gossip"' "$SECRETS_JSON" 2>/dev/null)"; }

knows_management_token() {
  curl -sS --fail --max-time 5 -o /dev/null -H @<(printf 'X-Consul-Token: %s\n' "$(secret managementToken)") "$AGENT/acl/token/self" 2>/dev/null
}

# MESH, ROLE, LAST, ACL, TLS, SECRETS_COME
# shellcheck source=/dev/null
. "$bundle/agent.conf"
lock agent 7
[ "$SECRETS_COME" = no ] || take_incoming agent # a mesh may be open on purpose
refuse_other_mesh "$MESH" "$GATEHOUSE/agent.conf"
refuse_other_mesh "$MESH"
command -v consul >/dev/null || die "consul is not on this machine; install it (the rendered user_data does) and deploy again"
command -v jq >/dev/null || die "jq is not on this machine; install it (the rendered user_data does) and deploy again"
consul validate -quiet "$bundle/consul.hcl" || die "Consul refuses the agent's configuration; nothing was changed"
need_room "$GATEHOUSE" "$UNIT_DIR" "$CONSUL_DIR"
keep_foreign
install -d -m 0755 "$GATEHOUSE"
if grep -qs '^ADDED_USER=' "$GATEHOUSE/agent.conf"; then grep '^ADDED_USER=' "$GATEHOUSE/agent.conf" >>"$bundle/agent.conf"; fi
add_user
put "$bundle/agent.conf" "$GATEHOUSE/agent.conf" 0644
install -d -m 0755 "$CONSUL_DIR"
install -d -m 0750 -o consul -g consul /opt/consul

before=""
if [ -e "$CONSUL_DIR/consul.hcl" ] && [ -e "$UNIT_DIR/consul.service" ]; then
  before=$(mktemp -d)
  keep_state "$before"
fi
heard=no   # what a reload is enough for: certificates and tokens
restart=no # the rest
cmp -s "$bundle/consul.hcl" "$CONSUL_DIR/consul.hcl" || restart=yes
cmp -s "$bundle/consul.service" "$UNIT_DIR/consul.service" || restart=yes
locks=$(locks)
install_certificates
install_secrets
# Without it Consul goes on with the key that it has once been given.
case $(locks) in *gossip*) ;; *) rm -f /opt/consul/serf/*.keyring ;; esac
put "$bundle/consul.hcl" "$CONSUL_DIR/consul.hcl" 0644
put "$bundle/consul.service" "$UNIT_DIR/consul.service" 0644
systemctl daemon-reload
systemctl --quiet enable consul
if [ "$restart" = yes ]; then
  systemctl restart consul || { journalctl --no-pager -u consul -n 20; restore "$before"; }
elif [ "$heard" = yes ] && systemctl --quiet is-active consul; then
  systemctl reload consul
fi
systemctl start consul || restore "$before"
# New servers have no leader before the last of them is there. Nor have those that are just being locked: one that is
# locked and one that is not do not understand each other.
if [ "$ROLE" = server ] && [ "$LAST" = no ] && { [ -z "$before" ] || [ "$locks" != "$(locks)" ]; }; then
  say "Consul's server on $(hostname) runs"
  exit 0
fi
wait_for 60 has_leader || { journalctl --no-pager -u consul -n 20; restore "$before"; }
# Terraform is going to make tokens: a leader is there a moment before it knows the one that may.
if [ "$ROLE" = server ] && [ "$ACL" = yes ]; then
  wait_for 60 knows_management_token || die "Consul does not know the management token of the mesh's secrets; was it set up with another one? See: journalctl -u consul -n 50"
fi
if [ -n "$before" ]; then rm -rf "$before"; fi
say "Consul's agent on $(hostname) runs and sees a leader"
