# shellcheck shell=bash
# What Gatehouse's programs on a machine share. Sourced, never run.
set -euo pipefail
# run.sh ignores HUP and PIPE: with the ssh connection lost a program still finishes, and the next waits for its lock.

GATEHOUSE=/opt/gatehouse
INSTANCES=$GATEHOUSE/instances
BINARIES=$GATEHOUSE/binaries
ENV_DIR=$GATEHOUSE/env
SECRETS=$GATEHOUSE/secrets
UNIT_DIR=/etc/systemd/system
CONSUL_DIR=/etc/consul.d
BACKUPS=/var/backups/gatehouse
AGENT=http://127.0.0.1:8500/v1
LOCKS=/run/gatehouse # not /run/lock, where anybody may put a link or hold a lock
ROOM=4096 # KiB that must be free wherever files are put

say() { printf 'gatehouse: %s\n' "$*" || true; }

die() {
  printf 'gatehouse: error: %s\n' "$*" >&2 || true
  exit 1
}

# mesh_in FILE: the mesh that a conf file names, or nothing.
mesh_in() { sed -n "s/^MESH='\(.*\)'$/\1/p" "$1" 2>/dev/null || true; }

# other_mesh MESH [FILE]: the mesh that this node belongs to, when it is not MESH. FILE is the record that says so.
other_mesh() {
  local name
  name=$(mesh_in "${2:-$GATEHOUSE/node.conf}")
  if [ "$name" != "$1" ]; then echo "$name"; fi
}

# refuse_other_mesh MESH [FILE]: a node belongs to one mesh, and another one must not touch what is there.
refuse_other_mesh() {
  local other
  other=$(other_mesh "$@")
  [ -z "$other" ] || die "this node belongs to mesh $other, and this is a deploy of mesh $1: nothing was changed. Retire the node in $other or destroy $other first; if $other was only renamed to $1, name it $other again"
}

# lock NAME FD: waits until no other program works on NAME. The lock ends with the descriptor. Who lost its connection
# while it waited must not begin: a later deploy may have been here since, with a newer release.
lock() {
  local file="$LOCKS/$1" attended=no
  install -d -m 0700 "$LOCKS"
  if [ -t 0 ]; then attended=yes; fi # a terminal that was hung up is none any more
  eval "exec $2>\"\$file\""
  flock -w 600 "$2" || die "another run has worked on '$1' of this machine for over 10 minutes; see: fuser -v $file"
  if [ "$attended" = yes ] && [ ! -t 0 ]; then die "the deploy went away while this waited for '$1'; nothing was done"; fi
}

# token_file: of the token that this program has, or nothing where there are no ACLs.
token_file() {
  local file=$SECRETS/${TOKEN_OF:-_agent}.token
  if [ -n "${CREDENTIALS_DIRECTORY:-}" ]; then file=$CREDENTIALS_DIRECTORY/token; fi # of the unit that calls this
  if [ -r "$file" ]; then echo "$file"; fi
}

# ask [curl arguments]: with the token that this program has. It never stands on a command line.
ask() {
  local file
  file=$(token_file)
  curl ${file:+-H @<(printf 'X-Consul-Token: %s\n' "$(<"$file")")} "$@"
}

# api METHOD PATH [curl arguments]: asks the machine's own Consul agent.
api() {
  local method=$1 path=$2
  shift 2
  ask -sS --fail --max-time 10 -X "$method" "$@" "$AGENT/$path"
}

# status_of ID: passing, warning, critical or absent, as the agent sees the service instance with this id.
status_of() {
  local code
  code=$(ask -sS -o /dev/null --max-time 5 -w '%{http_code}' "$AGENT/agent/health/service/id/$1?format=text" 2>/dev/null || true)
  case $code in
    200) echo passing ;;
    429) echo warning ;;
    503) echo critical ;;
    404) echo absent ;;
    *) echo "unknown (the agent answered '$code')" ;;
  esac
}

agent_answers() { api GET agent/self >/dev/null 2>&1; }

has_leader() { [ -n "$(api GET status/leader 2>/dev/null | tr -d '"')" ]; }

# An agent that is just being restarted is waited for.
reload_consul() {
  if wait_for 60 agent_answers && api PUT agent/reload >/dev/null; then return 0; fi
  die "Consul's agent did not reload; see: journalctl -u consul -n 50"
}

# wait_for SECONDS COMMAND...: tries the command five times a second, or every POLL seconds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep "${POLL:-0.2}"
  done
}

# live_path FILE: where a file of a release belongs on the machine.
live_path() {
  case $1 in
    consul/*) echo "$CONSUL_DIR/${1#consul/}" ;;
    systemd/*) echo "$UNIT_DIR/${1#systemd/}" ;;
    env/*) echo "$ENV_DIR/${1#env/}" ;;
    secrets/*) echo "$SECRETS/${1#secrets/}" ;;
    *) die "a release holds the unexpected file '$1'" ;;
  esac
}

# files_of RELEASE: its files, relative to it.
files_of() { (cd "$1" && find consul systemd env secrets -type f 2>/dev/null | sort) || true; }

# put FILE TARGET MODE: whole or not at all.
put() {
  local temporary
  temporary=$(mktemp "$(dirname "$2")/.gatehouse-XXXXXX") || return 1
  if ! cat "$1" >"$temporary" || ! chmod "$3" "$temporary" || ! mv -f "$temporary" "$2"; then
    rm -f "$temporary"
    return 1
  fi
}

# units_of NAME: the units of an instance that are on the machine.
units_of() {
  local unit
  for unit in "$1.service" "$1-sidecar-proxy.service"; do
    if [ -e "$UNIT_DIR/$unit" ]; then echo "$unit"; fi
  done
}

# maintenance ID true|false: of this instance, with its own token.
maintenance() {
  TOKEN_OF=$NAME api PUT "agent/service/maintenance/$1?enable=$2&reason=gatehouse" >/dev/null 2>&1 || true
}

# machine_maintenance true|false: of everything on this machine.
machine_maintenance() { api PUT "agent/maintenance?enable=$1&reason=gatehouse" >/dev/null 2>&1; }

# need_room FOLDER...: refuses early what would end half-way: a read-only or a full file system.
need_room() {
  local folder free
  for folder in "$@"; do
    until [ -d "$folder" ]; do folder=$(dirname "$folder"); done
    [ -w "$folder" ] || die "cannot write to $folder (read-only?); nothing was changed. Mount it writable and deploy again"
    free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -ge "$ROOM" ] || die "only $((${free:-0} / 1024)) MiB are free in $folder, $((ROOM / 1024)) MiB are needed; nothing was changed. Make room and deploy again"
  done
}

# backup FILE...: sets aside what a person made, so that nothing is lost.
backup() {
  local folder file
  folder="$BACKUPS/$(date -u +%Y%m%dT%H%M%SZ)"
  for file in "$@"; do
    mkdir -p "$folder$(dirname "$file")"
    cp -a "$file" "$folder$file"
  done
  say "kept a copy under $folder: $*"
}

# remove_units UNIT...: stops them, and away with their files.
remove_units() {
  [ $# -gt 0 ] || return 0
  systemctl disable --now "$@" 2>/dev/null || true
  local unit
  for unit in "$@"; do rm -f "${UNIT_DIR:?}/$unit"; done
  systemctl daemon-reload
  systemctl reset-failed "$@" 2>/dev/null || true
}

# remove_instance NAME: the definition first, so that nobody is sent here any more, then the units, then the files.
remove_instance() {
  local name=$1 file current="$INSTANCES/$1/current" units
  say "removing $name"
  lock machine 8
  if [ -e "$current" ]; then
    for file in $(files_of "$current"); do
      case $file in consul/*) rm -f "$(live_path "$file")" ;; esac
    done
  fi
  rm -f "$CONSUL_DIR/$name.hcl"
  if api GET agent/self >/dev/null 2>&1; then reload_consul; fi
  mapfile -t units < <(units_of "$name")
  remove_units "${units[@]}"
  rm -f "$ENV_DIR/$name.env" "$SECRETS/$name.token" "$SECRETS/$name.env"
  rm -rf "${INSTANCES:?}/$name"
  exec 8>&-
}

# prune_binaries SHA256...: removes binaries that no release names and that are not in the list.
prune_binaries() {
  local folder sha keep
  for folder in "$BINARIES"/*/; do
    [ -d "$folder" ] || continue
    sha=$(basename "$folder")
    keep=no
    case " $* " in *" $sha "*) keep=yes ;; esac
    if grep -rqsF "$sha" "$INSTANCES"; then keep=yes; fi
    [ "$keep" = yes ] || rm -rf "${BINARIES:?}/$sha"
  done
}
