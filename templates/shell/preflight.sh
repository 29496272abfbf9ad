#!/bin/bash
# shellcheck shell=bash disable=SC2154
# Says what a deploy would meet on this machine, and changes nothing. Lines of KEY, a tab, and VALUES; `end` is the last.
# Read from standard input behind open-ports.sh and lines NAME='value', lists of words:
#   programs, ports, units, services, names, folders, files
set -u

GATEHOUSE=/opt/gatehouse

tell() {
  local IFS=$'\t'
  printf '%s\n' "$*"
}

# The first version number that a program tells of itself; the agent's checkpoint would ask the internet.
version_of() { CHECKPOINT_DISABLE=1 timeout 10 "$@" 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1; }

look_for_programs() {
  local program
  for program in $programs; do
    # bash also names a file that cannot be run, when there is no better one.
    if ! [ -x "$(command -v "$program")" ]; then
      tell missing "$program"
    elif [ "$program" = consul ]; then
      tell version consul "$(version_of consul version)"
    elif [ "$program" = envoy ]; then
      tell version envoy "$(envoy_version)"
    fi
  done
}

# `envoy  version: 5c1f…/1.36.4/Clean/RELEASE/BoringSSL`: the hash before it may look like a number.
envoy_version() { timeout 10 envoy --version 2>/dev/null | grep -oE '/[0-9]+\.[0-9]+\.[0-9]+/' | tr -d / | head -n 1; }

# Who else may come into the home folder of whoever logs in: Terraform puts its programs there.
look_at_home() {
  local home
  home=$(getent passwd "${SUDO_USER:-$(id -un)}" | cut -d : -f 6)
  tell home "$home" "$(stat -L -c '%a %U %G' "$home" 2>/dev/null)"
}

look_at_systemd() {
  tell init "$(cat /proc/1/comm)"
  tell systemd "$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')" \
    "$(systemctl is-system-running 2>/dev/null)"
}

# What of a machine systemd can limit: cgroup v2 says so itself, v1 has a folder for each.
look_at_controllers() {
  tell controllers "$(cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null || ls -x -w 0 /sys/fs/cgroup)"
}

# The public halves of the keys that sshd shows; only root may ask sshd itself.
look_at_host_keys() {
  local keys file
  keys=$(sshd -T 2>/dev/null | sed -n 's/^hostkey //p')
  for file in ${keys:-/etc/ssh/ssh_host_*_key}; do
    if [ -r "$file.pub" ]; then tell hostkey "$(cut -d ' ' -f 1,2 "$file.pub")"; fi
  done
}

# The folder, or what there is of the way to it.
existing() {
  local folder=$1
  until [ -d "$folder" ]; do folder=$(dirname "$folder"); done
  echo "$folder"
}

look_at_folders() {
  local folder there
  for folder in $folders; do
    there=$(existing "$folder")
    tell disk "$folder" "$(stat -c %d "$there")" "$(df -Pk "$there" | awk 'NR == 2 { print $4 }')" "$(df -Pi "$there" | awk 'NR == 2 { print $2, $4 }')"
    [ -w "$there" ] || tell readonly "$folder"
  done
}

# ask PATH: the answer of this node's agent, with its head; with the node's token, where Gatehouse has put one.
ask() {
  local token="" file
  for file in "$GATEHOUSE"/secrets/_agent.token "$GATEHOUSE"/secrets/_agent.*.token; do
    if [ -z "$token" ] && [ -r "$file" ]; then token=$(<"$file"); fi
  done
  exec 3<>/dev/tcp/127.0.0.1/8500 || return 0
  printf 'GET /v1/%s HTTP/1.0\r\n%s\r\n' "$1" "${token:+X-Consul-Token: $token$'\r\n'}" >&3
  timeout 5 cat <&3
} 2>/dev/null

status_of() { sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p'; }
page_of() { sed '1,/^\r*$/d' | tr -d '\t\r\n'; }

look_at_agent() {
  local answer
  answer=$(ask agent/self)
  tell agent "$(status_of <<<"$answer")" "$(page_of <<<"$answer")"
  tell leader "$(ask status/leader | page_of | tr -d '"')"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# How Envoy would reach an agent that Gatehouse did not set up: port, kind, where the authority was found, the certificate that
# the agent shows, and what is wrong. No line: there is no such port.
look_at_xds() {
  local folder
  if [ -e /etc/consul.d/tls/xds-ca.pem ]; then return 0; fi
  if ! listens 8500 && listens 8501; then tell https 8501; fi
  if ! listens 8503; then
    if listens 8502; then tell xds 8502 plain "" "" ""; fi
  elif [ -z "$(command -v openssl)" ]; then
    tell xds 8503 tls "" "" no-openssl
  else
    folder=$(mktemp -d)
    look_at_certificate "$folder"
    rm -rf "$folder"
  fi
}

# What the agent shows is kept in a folder of this run, and held against each authority that this node has.
look_at_certificate() {
  local said=$1/said shown=$1/shown words file
  timeout 5 openssl s_client -connect 127.0.0.1:8503 -alpn h2 -showcerts >"$said" 2>&1 </dev/null
  sed -n '/^-----BEGIN CERTIFICATE/,/^-----END CERTIFICATE/p' "$said" >"$shown"
  if ! [ -s "$shown" ]; then
    tell xds 8503 tls "" "" no-tls
    return
  fi
  words=$(openssl x509 -in "$shown" -noout -subject -issuer -enddate -ext subjectAltName 2>/dev/null | grep -v ':$' | tr -s ' \n' ' ')
  if grep -q '^Acceptable client certificate CA names\|alert certificate required\|alert bad certificate' "$said"; then
    tell xds 8503 tls "" "$words" wants-certificate
    return
  fi
  ask agent/connect/ca/roots | page_of | grep -o '"RootCert":"[^"]*"' | sed -e 's/^"RootCert":"//' -e 's/"$//' -e 's/\\n/\n/g' >"$1/mesh"
  while IFS= read -r file; do
    if signed "$file" "$shown"; then
      tell xds 8503 tls "$file" "$words" ""
      return
    fi
  done < <(authorities)
  if signed "$1/mesh" "$shown"; then
    tell xds 8503 tls "the authority of the mesh (/v1/agent/connect/ca/roots)" "$words" ""
  elif signed "$shown" "$shown"; then
    tell xds 8503 tls "the chain that it sends" "$words" ""
  else
    tell xds 8503 tls "" "$words" unsigned
  fi
}

# Files that may hold the authority: those that the agent's configuration names, and what is in its folder.
authorities() {
  {
    cat /etc/consul.d/*.hcl /etc/consul.d/*.json 2>/dev/null | sed -nE 's/.*\bca_file"?[[:space:]]*[=:][[:space:]]*"([^"]+)".*/\1/p'
    find /etc/consul.d \( -name '*.pem' -o -name '*.crt' -o -name '*.cer' -o -name '*.cert' \) 2>/dev/null
  } | sort -u
}

# signed AUTHORITY CHAIN: only by a certificate that is an authority's.
signed() {
  openssl verify -no-CApath -no-CAstore -purpose sslserver -untrusted "$2" -CAfile "$1" "$2" >/dev/null 2>&1
}

look_at_units() {
  local words
  read -ra words <<<"$units"
  systemctl show -p Id -p FragmentPath -p ActiveState "${words[@]}" 2>/dev/null | sed 's/^/unit\t/'
}

# The mesh that a record names; an earlier version wrote it as a line for a shell.
mesh_in() { sed -n -e 's/^ *"mesh": "\([^"]*\)",\{0,1\}$/\1/p' -e "s/^MESH='\(.*\)'$/\1/p" "$@" 2>/dev/null | head -n 1; }

# The meshes that are on record here; of the record that an earlier version wrote it is told.
look_at_meshes() {
  local file name names=" "
  for file in "$GATEHOUSE"/meshes/*.json; do
    if [ ! -e "$file" ]; then continue; fi
    name=$(basename "$file" .json)
    names="$names$name "
    tell mesh "$name"
  done
  name=$(mesh_in "$GATEHOUSE/node.json")
  if [ ! -e "$GATEHOUSE/node.json" ]; then name=$(mesh_in "$GATEHOUSE/node.conf"); fi
  case $name in "" | *[!A-Za-z0-9._-]*) return 0 ;; esac
  case $names in *" $name "*) ;; *) tell mesh "$name" earlier ;; esac
}

# The mesh of an instance: by its record, its release, its definition or its units.
owner_of() {
  local name=$1 home=$GATEHOUSE/instances/$1 file owner
  owner=$(mesh_in "$home/history.json")
  if [ -z "$owner" ]; then owner=$(mesh_in "$home/current/instance.json"); fi
  file=/etc/consul.d/$name.hcl
  if [ -z "$owner" ] && head -n 1 "$file" 2>/dev/null | grep -q '^# Written by Gatehouse'; then
    owner=$(sed -n 's/^ *"\{0,1\}gatehouse-mesh"\{0,1\} *= *"\([^"]*\)".*/\1/p' "$file" | head -n 1)
  fi
  for file in "/etc/systemd/system/$name.service" "/etc/systemd/system/$name-sidecar-proxy.service"; do
    if [ -z "$owner" ] && head -n 1 "$file" 2>/dev/null | grep -q '^# Written by Gatehouse'; then
      owner=$(sed -nE 's/^Description=(.* )?mesh ([^ ]+)$/\2/p' "$file" | head -n 1)
    fi
  done
  echo "$owner"
}

# What of Gatehouse's is there, and the files that would be compared.
look_at_files() {
  local folder file name
  tell agentmesh "$(mesh_in "$GATEHOUSE/agent.json" "$GATEHOUSE/agent.conf")"
  for folder in "$GATEHOUSE"/instances/*/current/; do
    name=$(basename "$(dirname "$folder")")
    if [ -d "$folder" ]; then tell instance "$name" "$(owner_of "$name")"; fi
    if [ -e "${folder%/current/}/rolled-back" ]; then tell rolledback "$name"; fi
  done
  for folder in "$GATEHOUSE"/binaries/*/; do
    if [ -d "$folder" ]; then tell binary "$(basename "$folder")"; fi
  done
  for file in $files; do
    if [ -e "$file" ]; then tell file "$file" "$(sha256sum <"$file" | cut -d ' ' -f 1)"; fi
  done
}

# Consul's configuration files that define one of our names. `destination_name` of an upstream is no such thing.
look_at_definitions() {
  [ -n "$names" ] || return 0
  grep -soHE "(^|[^_[:alnum:]])\"?name\"?[[:space:]]*[=:][[:space:]]*\"(${names// /|})\"" /etc/consul.d/*.hcl /etc/consul.d/*.json |
    sed -E 's/^([^:]*):.*"([^"]*)"$/definition\t\1\t\2/' | sort -u
}

# Ids and ports in the files that define one of our names.
look_at_their_settings() {
  local files
  mapfile -t files < <(look_at_definitions | cut -f 2 | sort -u)
  [ ${#files[@]} -gt 0 ] || return 0
  grep -soHE '(^|[^_[:alnum:]])"?(id"?[[:space:]]*[=:][[:space:]]*"[^"]*"|port"?[[:space:]]*[=:][[:space:]]*[0-9]+)' "${files[@]}" |
    sed -E 's/^([^:]*):[^ip]*(id|port)"?[[:space:]]*[=:][[:space:]]*"?([^"]*)"?$/setting\t\1\t\2\t\3/' | LC_ALL=C sort -u
}

# Files that Gatehouse wrote, and which proxies the units of others run.
look_at_marks() {
  local file
  for file in /etc/consul.d/*.hcl /etc/systemd/system/*.service; do
    if [ "$(head -c 23 "$file" 2>/dev/null | tr -d '\0')" = "# Written by Gatehouse." ]; then
      tell written "$file"
    elif [ "${file##*.}" = service ] && [ -e "$file" ]; then
      sed -e '/^[[:space:]]*[#;]/d' "$file" 2>/dev/null |
        grep -oE -- '-(sidecar-for|proxy-id)([[:space:]]*=[[:space:]]*|[[:space:]]+)["'\'']?[^[:space:]"'\''\\]+' |
        sed -E "s/^-(sidecar-for|proxy-id)([[:space:]]*=[[:space:]]*|[[:space:]]+)[\"']?//" | LC_ALL=C sort -u |
        while read -r id; do tell runs "$file" "$id"; done
    fi
  done
}

# What the agent has registered, and the ports of it.
registered=""
look_at_registrations() {
  local answer
  answer=$(ask agent/services)
  if [ "$(status_of <<<"$answer")" = 200 ]; then registered=$(page_of <<<"$answer"); fi
  tell registrations "$registered"
}
their_ports() {
  grep -oE '"Port":[0-9]+' <<<"$registered" | cut -d : -f 2
  look_at_their_settings | awk -F '\t' '$3 == "port" { print $4 }'
}

# Who listens on a port of ours, or of what is registered: address and port as the kernel writes them, process, unit, program.
look_at_ports() {
  local wanted address inode pid
  # shellcheck disable=SC2046,SC2086 # lists of numbers
  wanted=$(printf '%04X ' $ports $(their_ports))
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v wanted=" $wanted" '
    $4 == "0A" { split($2, part, ":"); if (index(wanted, " " part[2] " ")) print $2, $10 }' |
    while read -r address inode; do
      pid=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null | cut -d / -f 3)
      tell listener "$address" "$pid" "$(unit_of "$pid")" "$(cat "/proc/${pid:-none}/comm" 2>/dev/null)"
    done
}

unit_of() { sed -nE 's#^(0:|[0-9]+:name=systemd):.*/([^/]+\.(service|scope))(/.*)?$#\2#p' "/proc/${1:-none}/cgroup" 2>/dev/null | head -n 1; }

main() {
  tell clock "$(date +%s.%N)"
  tell user "$(id -u)"
  tell arch "$(uname -m)"
  look_at_home
  look_for_programs
  look_at_systemd
  look_at_controllers
  look_at_host_keys
  look_at_folders
  look_at_agent
  look_at_xds
  look_at_units
  look_at_meshes
  look_at_files
  look_at_definitions
  look_at_their_settings
  look_at_marks
  look_at_registrations
  look_at_ports
  # shellcheck disable=SC2086 # a list of names
  open_ports $services | sed 's/^/open\t/'
  tell end
}

main </dev/null
