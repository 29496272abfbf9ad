#!/bin/bash
# shellcheck shell=bash
# Looks at a machine and changes nothing. Read from standard input behind lines NAME='value':
#   FILES         paths to look at, one a line
#   UNITS         units that are declared here
#   NAMES         every workload of the mesh
#   ENVOYS        lines of WORKLOAD ADMIN_PORT
#   EDGES         lines of ID WAY PROTOCOL EXPECT and what the way needs; see try_edge
#   EDGE_SECONDS  after these no further edge is tried
# Prints JSON objects, one a line: {"SECTION": value}. A section that could not be read is missing.
AGENT=http://127.0.0.1:8500/v1

# rows SECTION NAME...: tab-separated lines as objects with these keys.
rows() {
  local name=$1
  shift
  jq -cRn --arg section "$name" '$ARGS.positional as $keys |
    {($section): [inputs | split("\t") | . as $row | reduce range($keys | length) as $i ({}; .[$keys[$i]] = $row[$i])]}' --args "$@"
}

files() {
  xargs -r -d '\n' stat --printf '%n\t%F\t%U:%G\t%a\n' <<<"$FILES" 2>/dev/null | rows files path type owner mode
  sums | sed 's/^\([0-9a-f]\{64\}\)  /\1\t/' | rows sums sha256 path
}

# A definition is compared without the token that the machine wrote into it.
sums() {
  local file
  grep -v '^/etc/consul\.d/' <<<"$FILES" | xargs -r -d '\n' sha256sum 2>/dev/null
  grep '^/etc/consul\.d/' <<<"$FILES" | while read -r file; do
    if [ -f "$file" ]; then printf '%s  %s\n' "$(sed '/^  token = "[^"]*"$/d' "$file" | sha256sum | cut -d ' ' -f 1)" "$file"; fi
  done
}

# What lies in Gatehouse's folder, releases not looked into, and what it wrote elsewhere.
tree() {
  find /opt/gatehouse -mindepth 1 -path '/opt/gatehouse/instances/*/releases/*' -prune -o -mindepth 1 -printf '%p\t%y\t%l\n' 2>/dev/null |
    rows tree path type target
  grep -hoE "^BINARY_SHA256='[0-9a-f]{64}'" /opt/gatehouse/instances/*/releases/*/instance.conf 2>/dev/null |
    cut -d "'" -f 2 | sort -u | rows needed sha256
  grep -lsF '# Written by Gatehouse' /etc/systemd/system/*.service /etc/consul.d/*.hcl | rows written path
}

# Declared units, and whatever else goes by a name of this mesh.
unit_names() {
  {
    systemctl list-unit-files --type=service --plain --no-legend
    systemctl list-units --all --type=service --plain --no-legend
  } | awk '{ print $1 }' | grep -Fxf <(for name in $NAMES; do printf '%s.service\n%s-sidecar-proxy.service\n' "$name" "$name"; done)
  # shellcheck disable=SC2086 # a list of names
  printf '%s\n' $UNITS
}

units() {
  local list
  mapfile -t list < <(unit_names | grep . | sort -u)
  if [ ${#list[@]} -eq 0 ]; then
    echo '{"units":[]}'
    return
  fi
  systemctl show -p Id,LoadState,ActiveState,SubState,UnitFileState,NRestarts,FragmentPath,DropInPaths,MainPID,NeedDaemonReload,ActiveEnterTimestampMonotonic "${list[@]}" |
    jq -cRs '{units: (rtrimstr("\n") | split("\n\n") | map(split("\n") | map(capture("^(?<key>[^=]+)=(?<value>.*)$")) | from_entries))}'
  jq -cR '{uptime: (split(" ")[0] | tonumber)}' </proc/uptime
}

# Which of Gatehouse's binaries the declared units run, by content: the file may have been replaced under the process.
processes() {
  local unit pid exe
  for unit in $UNITS; do
    pid=$(systemctl show -P MainPID "$unit")
    exe=$(readlink "/proc/$pid/exe") || continue
    case $exe in
      /opt/gatehouse/binaries/*) printf '%s\t%s\t%s\n' "$unit" "$exe" "$(sha256sum <"/proc/$pid/exe" | cut -d ' ' -f 1)" ;;
    esac
  done | rows processes unit exe sha256
}

# ask [curl arguments]: with this machine's token, or that of the instance $TOKEN_OF.
ask() {
  local file=/opt/gatehouse/secrets/${TOKEN_OF:-_agent}.token
  [ -r "$file" ] || file=""
  curl ${file:+-H @<(printf 'X-Consul-Token: %s\n' "$(<"$file")")} -sS --fail --max-time 5 "$@" 2>/dev/null
}

agent() {
  ask "$AGENT/agent/services" | jq -c '{services: [.[] | {ID, Service, Kind, Port, Of: .Proxy.DestinationServiceName, Upstreams: .Proxy.Upstreams}]}'
  ask "$AGENT/agent/checks" | jq -c '{checks: [.[] | {ServiceID, Name, Status, Output}]}'
  ask "$AGENT/status/leader" | jq -c '{leader: .}'
}

envoys() {
  local name port admin
  while read -r name port; do
    [ -n "$name" ] || continue
    admin=http://127.0.0.1:$port
    jq -cn --arg name "$name" --arg ready "$(ask "$admin/ready")" \
      --slurpfile listeners <(ask "$admin/listeners?format=json" | jq -c '[.listener_statuses[]? | {name, port: .local_address.socket_address.port_value}]') \
      --slurpfile clusters <(ask "$admin/clusters?format=json" | jq -c '[.cluster_statuses[]? | {name, healthy: ([.host_statuses[]?.health_status | select(.eds_health_status == "HEALTHY" and .failed_active_health_check != true)] | length)}]') \
      --slurpfile certificates <(ask "$admin/certs" | jq -c '[.certificates[]? | (.cert_chain[]?, .ca_cert[]?) | {from: .valid_from, to: .expiration_time}] | unique') \
      '{envoy: {name: $name, ready: $ready, listeners: ($listeners[0] // []), clusters: ($clusters[0] // []), certificates: ($certificates[0] // [])}}'
  done <<<"$ENVOYS"
}

# http ARGUMENT...: tells what came back: allowed, refused or failed, and the reason.
http() {
  local answer status code=0
  answer=$(curl -s -i --max-time 3 "$@" 2>/dev/null | head -c 4096 | tr -d '\000\r') || code=$?
  status=$(head -n 1 <<<"$answer" | cut -d ' ' -f 2)
  case $status in
    "") echo "failed no answer" ;;
    403) if grep -q '^RBAC: access denied' <<<"$answer"; then echo "refused 403 RBAC: access denied"; else echo "allowed 403 of the service itself"; fi ;;
    502 | 503 | 504) echo "failed status $status $(tail -n 1 <<<"$answer" | head -c 100)" ;;
    *) echo "allowed status $status" ;;
  esac
}

# Envoy decides at the first byte: a refused connection is then closed at once.
tcp() {
  local got=0
  exec 3<>"/dev/tcp/127.0.0.1/$1" || { echo "failed connection refused"; return; }
  printf '\n' >&3
  IFS= read -r -t 1 -n 1 -u 3 || got=$?
  exec 3>&-
  if [ "$got" -eq 0 ] || [ "$got" -gt 128 ]; then echo "allowed connection stays open"; else echo "refused connection closed"; fi
}

# with_leaf SERVICE ARGUMENT...: curl as this service, with its certificate and without a key on the disk.
with_leaf() {
  local leaf
  leaf=$(TOKEN_OF=$1 ask "$AGENT/agent/connect/ca/leaf/$1") || { echo "failed the agent gives out no certificate of $1"; return; }
  shift
  "$@" -k --cert <(jq -r .CertPEM <<<"$leaf") --key <(jq -r .PrivateKeyPEM <<<"$leaf")
}

# A sidecar that speaks tcp closes the connection of whom it does not know; anybody else may talk on.
tls() {
  local code=0
  curl -s -o /dev/null --http1.1 --max-time 1 "$@" || code=$?
  case $code in
    52 | 56) echo "refused connection closed" ;;
    7) echo "failed connection refused" ;;
    *) echo "allowed connection stays open (curl $code)" ;;
  esac
}

# try_edge WAY PROTOCOL ...
#   local PROTOCOL PORT                  through the caller's own upstream listener
#   leaf PROTOCOL CALLER HOST PORT       at the sidecar of the called, with the caller's certificate
try_edge() {
  case "$1 $2" in
    "local tcp") tcp "$3" 2>/dev/null ;;
    "local http") http "http://127.0.0.1:$3/" ;;
    "local "*) http --http2-prior-knowledge "http://127.0.0.1:$3/" ;;
    "leaf tcp") with_leaf "$3" tls "https://$4:$5/" ;;
    "leaf "*) with_leaf "$3" http "https://$4:$5/" ;;
  esac
}

edges() {
  local id expect way answer deadline=$((SECONDS + EDGE_SECONDS)) tries
  while read -r id expect way; do
    [ -n "$id" ] && [ "$SECONDS" -lt "$deadline" ] || continue
    # What has just changed may still be on its way to Envoy.
    for ((tries = 0; tries < 4; tries++)); do
      # shellcheck disable=SC2086 # words
      answer=$(try_edge $way)
      case $answer in "$expect "*) break ;; esac
      sleep 0.5
    done
    printf '%s\t%s\t%s\n' "$id" "${answer%% *}" "${answer#* }"
  done <<<"$EDGES" | rows edges id answer detail
}

main() {
  files
  tree
  units
  processes
  agent
  envoys
  edges
}

main </dev/null
