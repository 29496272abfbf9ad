#!/bin/bash
# Gives a Consul agent that already runs its own token.
# usage: agent-token.sh BUNDLE   where BUNDLE holds lib/
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"
# shellcheck source=secrets.sh
. "$bundle/lib/secrets.sh"

lock agent 7
take_incoming agent-token
secret agentToken | write_secret "$SECRETS/_agent.token" 0600 root:root
# Servers know it beside what they began with.
secret agentToken | jq -Rn --slurpfile old "$CONSUL_DIR/gatehouse-secrets.json" '$old[0] * {acl: {tokens: {agent: input}}}' |
  write_secret "$CONSUL_DIR/gatehouse-secrets.json" 0640 root:consul
reload_consul
say "Consul's agent on $(hostname) has its token"
