#!/bin/bash
# Puts the tokens of this machine's instances where they are used from. Who runs with an earlier one is rolled by its own
# transaction.
# usage: tokens.sh BUNDLE   where BUNDLE holds lib/ and tokens.conf
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"
# shellcheck source=secrets.sh
. "$bundle/lib/secrets.sh"

# MESH
# shellcheck source=/dev/null
. "$bundle/tokens.conf"
take_incoming tokens
refuse_other_mesh "$MESH"
# shellcheck disable=SC2154 # secrets.sh sets it
for name in $(jq -r 'keys[]' <<<"$secrets"); do
  secret "$name" | write_secret "$SECRETS/$name.token" 0600 root:root
done
say "tokens on $(hostname): $(jq -r 'keys | join(", ")' <<<"$secrets")"
