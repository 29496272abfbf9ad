#!/bin/bash
# On destroy: removes the intentions that handover.sh made and that Terraform never took over, since a deploy failed.
# usage: handover-removal.sh BUNDLE   where BUNDLE holds lib/ and removal.conf
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"
# MESH: its name.
# shellcheck source=/dev/null
. "$bundle/removal.conf"

# shellcheck disable=SC2034 # read by lib.sh
TOKEN_OF=_handover
api GET config/service-intentions |
  jq -r --arg mesh "$MESH" '.[] | select(.Meta["gatehouse-handover"]? == $mesh) | .Name' |
  while read -r name; do
    api DELETE "config/service-intentions/$name" >/dev/null
    say "removed the intentions of $name"
  done
[ -z "$(other_mesh "$MESH")" ] || exit 0 # the token is the other mesh's
rm -f "$SECRETS/_handover.token"
rmdir "$SECRETS" "$GATEHOUSE/incoming-secrets" "$GATEHOUSE" 2>/dev/null || true
