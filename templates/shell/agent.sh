#!/bin/bash
# Sets up the Consul agent of a machine and waits until it takes part in the cluster.
# usage: agent.sh BUNDLE   where BUNDLE holds lib/, consul.hcl, consul.service and agent.conf
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"

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

restore() {
  if [ -n "$1" ]; then
    cp -a "$1/consul.hcl" "$CONSUL_DIR/consul.hcl"
    cp -a "$1/consul.service" "$UNIT_DIR/consul.service"
    systemctl daemon-reload
    systemctl restart consul || true
    die "the agent did not start with its new configuration; this machine went back to the earlier one"
  fi
  die "the agent did not start; see: journalctl -u consul -n 50"
}

# ROLE, SERVERS
# shellcheck source=/dev/null
. "$bundle/agent.conf"
lock agent 7
command -v consul >/dev/null || die "consul is not on this machine; install it (the rendered user_data does) and deploy again"
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
  cp -a "$CONSUL_DIR/consul.hcl" "$UNIT_DIR/consul.service" "$before/"
fi
restart=no
cmp -s "$bundle/consul.hcl" "$CONSUL_DIR/consul.hcl" || restart=yes
cmp -s "$bundle/consul.service" "$UNIT_DIR/consul.service" || restart=yes
put "$bundle/consul.hcl" "$CONSUL_DIR/consul.hcl" 0644
put "$bundle/consul.service" "$UNIT_DIR/consul.service" 0644
systemctl daemon-reload
systemctl --quiet enable consul
if [ "$restart" = yes ]; then
  systemctl restart consul || { journalctl --no-pager -u consul -n 20; restore "$before"; }
fi
systemctl start consul || restore "$before"
# The first of several new servers cannot have a leader yet; whoever comes after it waits for one.
if [ -z "$before" ] && [ "$ROLE" = server ] && [ "$SERVERS" -gt 1 ]; then
  say "Consul's server on $(hostname) runs"
  exit 0
fi
wait_for 60 has_leader || { journalctl --no-pager -u consul -n 20; restore "$before"; }
if [ -n "$before" ]; then rm -rf "$before"; fi
say "Consul's agent on $(hostname) runs and sees a leader"
