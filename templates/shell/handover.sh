#!/bin/bash
# Lets Consul serve the mesh as it was and the mesh as it will be, until everything has been moved over: allows the new
# edges beside the old ones, and takes services over to another protocol in the order that Consul accepts.
# usage: handover.sh BUNDLE   where BUNDLE holds lib/, handover.jq and mesh.json
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"
# shellcheck source=secrets.sh
. "$bundle/lib/secrets.sh"

HEARD=1 # seconds until every Envoy has heard of a new edge

kinds="service-defaults service-intentions service-router service-splitter ingress-gateway"

# What Consul has now: {"<kind>": [entry, ...], ...}
read_live() {
  local kind
  for kind in $kinds; do
    api GET "config/$kind" | jq --arg kind "$kind" '{($kind): .}' || return 1
  done | jq -s add
}

# plan STEP: lines of VERB, KIND/NAME and the entry, separated by tabs.
plan() {
  jq -rn --arg step "$1" --slurpfile mesh "$bundle/mesh.json" --slurpfile live "$bundle/live.json" -f "$bundle/handover.jq"
}

# tell VERB KIND/NAME ENTRY: false, with Consul's reason in `answer`, when Consul refuses.
tell() {
  if [ "$1" = DELETE ]; then
    answer=$(ask -sS --max-time 10 -X DELETE "$AGENT/config/$2" 2>&1) && [ "$answer" = "{}" ]
  else
    answer=$(printf '%s' "$3" | ask -sS --max-time 10 -X PUT --data-binary @- "$AGENT/config" 2>&1) && [ "$answer" = true ]
  fi
}

# runs KIND/NAME: whether the service that the entry is of has an instance. A new one has no Envoy that must hear.
runs() { grep -qxF "${1#*/}" "$bundle/running"; }

# Old edges stay until Terraform writes the entries as declared, at the end of the deploy.
grant() {
  local verb name entry count=0 hears=no
  api GET catalog/services | jq -r 'keys[]' >"$bundle/running"
  while IFS=$'\t' read -r verb name entry; do
    tell "$verb" "$name" "$entry" || die "Consul refuses $name: $answer"
    count=$((count + 1))
    if runs "$name"; then hears=yes; fi
  done <"$bundle/grants"
  if [ "$hears" = yes ]; then sleep "$HEARD"; fi
  say "edges made ready: $count"
}

# All at once, and nothing between: the route is away meanwhile.
change_protocols() {
  local verb name entry failed=0
  while IFS=$'\t' read -r verb name entry; do
    if [ "$verb" = RESTORE ]; then
      [ "$failed" -eq 0 ] || tell PUT "$name" "$entry" || say "Consul refuses $name as it was: $answer"
    elif tell "$verb" "$name" "$entry"; then
      say "protocols: $verb $name"
    else
      say "Consul refuses $name: $answer"
      failed=1
    fi
  done <"$bundle/protocols"
  [ "$failed" -eq 0 ] || die "not every service could be taken over to its new protocol"
}

command -v jq >/dev/null || die "not on this machine: jq; install it (the rendered user_data does) and deploy again"
mesh=$(jq -r .mesh "$bundle/mesh.json")
if jq -e .acl "$bundle/mesh.json" >/dev/null; then
  take_incoming handover
  refuse_other_mesh "$mesh"
  secret handover | write_secret "$SECRETS/_handover.token" 0600 root:root
  # shellcheck disable=SC2034 # read by lib.sh
  TOKEN_OF=_handover # may write config entries
fi
wait_for 90 has_leader || die "Consul has no leader, as asked at 127.0.0.1:8500; see: journalctl -u consul -n 50"
read_live >"$bundle/live.json" || die "Consul's config entries could not be read"
plan grants >"$bundle/grants"
plan protocols >"$bundle/protocols"
grant
change_protocols
