#!/usr/bin/env bash
# Takes the whole lab away: machines, network, what they wrote. Only the shared root file system stays in the cache.
set -euo pipefail
here=$(dirname "$0")
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

# Every machine that left a folder, a network namespace or a cgroup, whichever of them a killed run did not reach.
machines() {
  {
    if [ -d "$LAB" ]; then find "$LAB" -mindepth 1 -maxdepth 1 -type d -printf '%f\n'; fi
    if [ -d /run/netns ]; then find /run/netns -name 'gatehouse-*' -printf '%f\n' | sed 's/^gatehouse-//'; fi
    cgroup_parents | while read -r parent; do
      find "$parent" -maxdepth 1 -name 'gatehouse-lab-*' -printf '%f\n'
    done | sed 's/^gatehouse-lab-//'
  } | sort -u
}

removals=()
for name in $(machines); do
  "$here/machine.sh" remove "$name" &
  removals+=("$!")
done
failed=0
for removal in "${removals[@]}"; do wait "$removal" || failed=1; done
[ "$failed" = 0 ] || fail "not everything could be removed: see above, then run it again"
"$here/network.sh" down
# The folder itself may be a file system of its own.
if [ -d "$LAB" ]; then
  find "$LAB" -xdev -mindepth 1 -delete
  rmdir "$LAB" 2>/dev/null || true
fi
