#!/bin/bash
# Removes from a machine what is no longer declared for it.
# usage: sweep.sh BUNDLE   where BUNDLE holds sweep.conf
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh

# KEEP: instances that belong here. KEEP_BINARIES: sha256 of the binaries that belong here.
# shellcheck source=/dev/null
. "$1/sweep.conf"

belongs_here() { case " $KEEP " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

sweep_own() {
  local folder name
  for folder in "$INSTANCES"/*/; do
    [ -d "$folder" ] || continue
    name=$(basename "$folder")
    belongs_here "$name" || remove_instance "$name"
  done
}

# Names of every workload of the mesh, wherever it runs.
declared_in_mesh() {
  api GET config/service-defaults | jq -r '.[].Name'
  api GET config/ingress-gateway | jq -r '.[].Name'
}

# A workload of the mesh that somebody set up here by hand, though the mesh runs it elsewhere: the new place serves by
# now, so the old one goes. Copies of its files are kept.
sweep_foreign() {
  local name id file units
  local -a files
  while read -r name id; do
    belongs_here "$name" && continue
    say "removing $name, which was set up by hand here and which the mesh runs elsewhere"
    mapfile -t files < <(grep -lsE "\"?name\"?[[:space:]]*[=:][[:space:]]*\"$name\"" "$CONSUL_DIR"/*.hcl "$CONSUL_DIR"/*.json || true)
    mapfile -t units < <(units_of "$name")
    for file in "${units[@]}"; do files+=("$UNIT_DIR/$file"); done
    if [ ${#files[@]} -gt 0 ]; then backup "${files[@]}"; fi
    remove_units "${units[@]}"
    for file in "${files[@]}"; do rm -f "$file"; done
    reload_consul
    api PUT "agent/service/deregister/$id" >/dev/null 2>&1 || true
  done < <(api GET agent/services | jq -r '.[] | select(.Kind != "connect-proxy") | "\(.Service) \(.ID)"' |
    sort | join - <(declared_in_mesh | sort -u))
}

# Uploads that were broken off, and of what is no longer declared.
sweep_incoming() {
  local file
  for file in "$GATEHOUSE"/incoming/*; do
    case " $KEEP_BINARIES " in *" ${file##*/} "*) ;; *) rm -f "$file" ;; esac
  done
}

lock sweep 7
# What the mesh declares is asked of Consul: no answer must not pass for "nothing".
wait_for 60 has_leader || die "Consul has had no leader for a minute; see: journalctl -u consul -n 50"
sweep_own
sweep_foreign
# shellcheck disable=SC2086 # a list of hex numbers
prune_binaries $KEEP_BINARIES
sweep_incoming
say "nothing here that is not declared"
