#!/bin/bash
# Takes away everything that Gatehouse's mesh stack put on a machine; with AGENT_TOO=yes the Consul agent as well.
# usage: wipe.sh BUNDLE   where BUNDLE holds lib/ and wipe.conf
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"
# shellcheck source=removal.sh
. "$bundle/lib/removal.sh"
# shellcheck source=/dev/null
. "$bundle/wipe.conf"

other=$(other_mesh "$MESH")
if [ -n "$other" ]; then
  # A destroy goes on with the other nodes.
  say "$(hostname) belongs to mesh $other: nothing was removed"
  [ "$ON_DESTROY" = yes ] || die "$(hostname) is declared \`retired\` in mesh $MESH and belongs to mesh $other: take it out of the nodes of $MESH"
  exit 0
fi

names=()
for folder in "$INSTANCES"/*/; do
  if [ -d "$folder" ]; then names+=("$(basename "$folder")"); fi
done
remove_instances "${names[@]}"
if [ -e "$UNIT_DIR/gatehouse-drain.service" ]; then
  remove_units gatehouse-drain.service
  machine_maintenance false || true
fi
rm -f /usr/local/bin/mesh
if [ "$AGENT_TOO" = yes ] && [ -e "$GATEHOUSE/agent.conf" ]; then
  bash "$bundle/lib/remove-agent.sh" "$bundle"
fi
# The agent's record and token belong to the cluster stack, if there is one; the handover's removal comes later.
find "$GATEHOUSE" -mindepth 1 -maxdepth 1 ! -name agent.conf ! -name secrets -exec rm -rf {} + 2>/dev/null || true
if [ -e "$GATEHOUSE/agent.conf" ]; then
  find "$SECRETS" -mindepth 1 ! -name '_*' -delete 2>/dev/null || true
else
  find "$SECRETS" -mindepth 1 ! -name _handover.token -delete 2>/dev/null || true
fi
rmdir "$SECRETS" "$GATEHOUSE" 2>/dev/null || true
rm -rf "$LOCKS"
say "$(hostname) is empty"
