#!/bin/bash
# Removes from a node what this mesh once put there and no longer declares. A record is needed for that: a folder in
# /opt/gatehouse/instances, or a unit that Gatehouse wrote for this mesh.
# usage: sweep.sh BUNDLE   where BUNDLE holds sweep.conf
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh
# shellcheck source=removal.sh
. /opt/gatehouse/lib/removal.sh

# MESH. KEEP: instances that belong here. KEEP_BINARIES: sha256 of the binaries that belong here. MOVED_GATEWAYS: gateways
# that the declaration runs on other nodes.
# shellcheck source=/dev/null
. "$1/sweep.conf"

belongs_here() { case " $KEEP " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }
has_moved() { case " $MOVED_GATEWAYS " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

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

# units_of_mesh: the units here that Gatehouse wrote for this mesh, save the node's own.
units_of_mesh() {
  local file
  for file in "$UNIT_DIR"/*.service; do
    case ${file##*/} in consul.service | gatehouse-*) continue ;; esac
    if grep -qsxF '# Written by Gatehouse. Edit the mesh'\''s declaration instead.' "$file" &&
      grep -qsE "^Description=.* mesh $MESH\$" "$file"; then
      echo "${file##*/}"
    fi
  done
}

# workload_of UNIT
workload_of() {
  local name=${1%.service}
  echo "${name%-sidecar-proxy}"
}

# recorded: names of the workloads that this mesh has put here, as far as there is a record of it.
recorded() {
  local unit folder
  for folder in "$INSTANCES"/*/; do
    if [ -d "$folder" ]; then basename "$folder"; fi
  done
  for unit in $(units_of_mesh); do workload_of "$unit"; done
}

# What an earlier run of ours left without its folder. $1: names for which there was a record when this run began.
sweep_files() {
  local name unit file
  local -a units=()
  for unit in $(units_of_mesh); do
    belongs_here "$(workload_of "$unit")" || units+=("$unit")
  done
  if [ ${#units[@]} -gt 0 ]; then
    say "removing ${units[*]}, which is not declared here"
    backup "${units[@]/#/$UNIT_DIR/}"
    remove_units "${units[@]}"
  fi
  for name in $1; do
    file=$CONSUL_DIR/$name.hcl
    if belongs_here "$name" || ! grep -qsF '# Written by Gatehouse' "$file"; then continue; fi
    say "removing $file, which is not declared here"
    backup "$file"
    rm -f "$file"
    reload_consul
  done
}

# defining NAME: Consul's files that define a gateway of this name. `destination_name`, which every caller of a service
# has, is another attribute.
defining() {
  local file
  for file in "$CONSUL_DIR"/*.hcl "$CONSUL_DIR"/*.json; do
    if grep -qsF '"ingress-gateway"' "$file" &&
      grep -qsE "(^|[^_[:alnum:]])\"?name\"?[[:space:]]*[=:][[:space:]]*\"$1\"" "$file"; then
      echo "$file"
    fi
  done
}

# defines_more FILE: whether it holds more than one service.
defines_more() {
  local count
  if grep -qE '(^|[^_[:alnum:]])"?services"?[[:space:]]*[=:{]' "$1"; then return 0; fi
  count=$({ grep -oE '(^|[^_[:alnum:]])"?service"?[[:space:]]*[=:]?[[:space:]]*\{' "$1" || true; } | wc -l)
  [ "$count" -gt 1 ]
}

# deregister ID: what was registered through the API by hand, with the token of that time: the agent keeps it, and this
# machine's own token may change no service.
deregister() {
  local token
  token=$(jq -rs --arg id "$1" '.[] | select(.Service.ID == $id) | .Token // ""' /opt/consul/services/* 2>/dev/null | head -n 1) || true
  curl ${token:+-H @<(printf 'X-Consul-Token: %s\n' "$token")} -sS --fail --max-time 10 -X PUT "$AGENT/agent/service/deregister/$1" >/dev/null 2>&1 || true
}

# remove_moved NAME ID: a gateway that a person set up here before the declaration moved it elsewhere, where it serves by
# now. Copies of its files are kept.
remove_moved() {
  local name=$1 id=$2 file
  local -a units=() files=()
  for file in $(defining "$name"); do
    belongs_here "$(basename "${file%.*}")" && continue
    if defines_more "$file"; then
      say "the gateway $name stays here: $file defines other services too. Take $name out of it by hand"
      return 0
    fi
    files+=("$file")
  done
  say "removing $name, which was set up by hand here and which the mesh runs elsewhere"
  # Under this name another program may have a unit.
  if grep -qsiE 'envoy|gateway' "$UNIT_DIR/$name.service"; then
    units=("$name.service")
    files+=("$UNIT_DIR/$name.service")
  fi
  if [ ${#files[@]} -gt 0 ]; then backup "${files[@]}"; fi
  remove_units "${units[@]}"
  for file in "${files[@]}"; do rm -f "$file"; done
  reload_consul
  deregister "$id"
}

# What the agent knows and this mesh did not register stays; of a moved gateway alone it goes.
sweep_registrations() {
  local kind name id
  while IFS=$'\t' read -r kind name id; do
    if [ "$kind" = ingress-gateway ] && has_moved "$name"; then
      remove_moved "$name" "$id"
    elif belongs_here "$name" && [ "$id" != "$name" ]; then
      say "$id stays: it was registered by hand under the name of $name, and callers of $name may be sent to it"
    fi
  done < <(api GET agent/services | jq -r '.[] | select(.Kind != "connect-proxy") | "\(if (.Kind // "") == "" then "service" else .Kind end)\t\(.Service)\t\(.ID)"')
}

# Uploads that were broken off, and of what is no longer declared.
sweep_incoming() {
  local file
  for file in "$GATEHOUSE"/incoming/*; do
    case " $KEEP_BINARIES " in *" ${file##*/} "*) ;; *) rm -f "$file" ;; esac
  done
}

refuse_other_mesh "$MESH"
[ "$(mesh_in "$GATEHOUSE/node.conf")" = "$MESH" ] || die "$GATEHOUSE/node.conf names no mesh, so there is no record of what $MESH put here; nothing was removed. Replace the Terraform resource node_<node> and deploy again"
lock sweep 7
# Without a leader no caller hears that an instance goes.
wait_for 60 has_leader || die "Consul has had no leader for a minute; see: journalctl -u consul -n 50"
names=$(recorded | sort -u)
sweep_own
sweep_registrations
sweep_files "$names"
# shellcheck disable=SC2086 # a list of hex numbers
prune_binaries $KEEP_BINARIES
sweep_incoming
say "nothing of mesh $MESH is here that is not declared"
