#!/bin/bash
# Removes from a machine what is no longer declared for it.
# usage: sweep.sh BUNDLE   where BUNDLE holds sweep.conf
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh
# shellcheck source=removal.sh
. /opt/gatehouse/lib/removal.sh

# KEEP: instances that belong here. KEEP_BINARIES: sha256 of the binaries that belong here.
# shellcheck source=/dev/null
. "$1/sweep.conf"

belongs_here() { case " $KEEP " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

sweep_own() {
  local folder name
  local -a leaving=()
  for folder in "$INSTANCES"/*/; do
    [ -d "$folder" ] || continue
    name=$(basename "$folder")
    belongs_here "$name" || leaving+=("$name")
  done
  remove_instances "${leaving[@]}"
}

# Names of every workload of the mesh, wherever it runs.
declared_in_mesh() {
  api GET config/service-defaults | jq -r '.[].Name'
  api GET config/ingress-gateway | jq -r '.[].Name'
}

# not_ours NAME ID: under a name of this mesh, and yet none of the instances that belong here.
not_ours() {
  ! belongs_here "$1" || { [ "$2" != "$1" ] && [ "$2" != "$1-sidecar-proxy" ]; }
}

# hand_made ATTRIBUTE VALUE: files of Consul's that say so of a service and that are not ours. `destination_name`, which
# every caller of the service has, is another attribute.
hand_made() {
  { grep -lsE "(^|[^_[:alnum:]])\"?$1\"?[[:space:]]*[=:][[:space:]]*\"$2\"" "$CONSUL_DIR"/*.hcl "$CONSUL_DIR"/*.json || true; } |
    while read -r file; do
      belongs_here "$(basename "${file%.*}")" || echo "$file"
    done
}

# deregister ID: what was registered through the API by hand, with the token of that time: the agent keeps it, and this
# machine's own token may change no service.
deregister() {
  local token
  token=$(jq -rs --arg id "$1" '.[] | select(.Service.ID == $id) | .Token // ""' /opt/consul/services/* 2>/dev/null | head -n 1) || true
  curl ${token:+-H @<(printf 'X-Consul-Token: %s\n' "$token")} -sS --fail --max-time 10 -X PUT "$AGENT/agent/service/deregister/$1" >/dev/null 2>&1 || true
}

# A workload of the mesh that somebody set up here by hand, though the mesh runs it elsewhere: the new place serves by
# now, so the old one goes. Copies of its files are kept.
sweep_foreign() {
  local name id file units
  local -a files
  while read -r name id; do
    not_ours "$name" "$id" || continue
    if belongs_here "$name"; then
      say "removing $id, registered by hand beside the $name that belongs here"
      mapfile -t files < <(hand_made id "$id")
      if [ ${#files[@]} -gt 0 ]; then
        backup "${files[@]}"
        rm -f "${files[@]}"
        reload_consul
      fi
      deregister "$id"
      continue
    fi
    say "removing $name, which was set up by hand here and which the mesh runs elsewhere"
    mapfile -t files < <(hand_made name "$name")
    mapfile -t units < <(units_of "$name")
    for file in "${units[@]}"; do files+=("$UNIT_DIR/$file"); done
    if [ ${#files[@]} -gt 0 ]; then backup "${files[@]}"; fi
    remove_units "${units[@]}"
    for file in "${files[@]}"; do rm -f "$file"; done
    reload_consul
    deregister "$id"
  done < <(api GET agent/services | jq -r '.[] | "\(if .Kind == "connect-proxy" then .Proxy.DestinationServiceName else .Service end) \(.ID)"' |
    sort | join - <(declared_in_mesh | sort -u))
}

# Units under a name of the mesh, known to Consul or not, and what an earlier run of ours left without its folder.
sweep_files() {
  local name file
  local -a units
  while read -r name; do
    belongs_here "$name" && continue
    mapfile -t units < <(units_of "$name")
    [ ${#units[@]} -gt 0 ] || continue
    say "removing ${units[*]}, which is not declared here"
    backup "${units[@]/#/$UNIT_DIR/}"
    remove_units "${units[@]}"
  done < <({ declared_in_mesh; written_by_us "$UNIT_DIR"/*.service; } | sed 's/-sidecar-proxy$//' | sort -u)
  while read -r name; do
    belongs_here "$name" && continue
    file=$CONSUL_DIR/$name.hcl
    say "removing $file, which is not declared here"
    backup "$file"
    rm -f "$file"
    reload_consul
  done < <(written_by_us "$CONSUL_DIR"/*.hcl)
}

# written_by_us FILE...: names of the workloads whose files these are.
written_by_us() {
  { grep -lsF '# Written by Gatehouse' "$@" || true; } | while read -r file; do
    file=$(basename "$file")
    case $file in consul.* | gatehouse-*) ;; *) echo "${file%.*}" ;; esac
  done
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
sweep_files
# shellcheck disable=SC2086 # a list of hex numbers
prune_binaries $KEEP_BINARIES
sweep_incoming
say "nothing here that is not declared"
