#!/bin/bash
# Puts one release of one instance into service, or leaves the machine as it was.
# usage: transaction.sh BUNDLE   where BUNDLE holds instance.conf and the release's files
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh

HEALTH_TIMEOUT=60 # seconds until a release that is not healthy is given up
DRAIN_TIMEOUT=10  # seconds that running requests have to end
KEEP_RELEASES=3

bundle=$1
# NAME, KIND, RELEASE, PORTS, ADMIN_PORT, CHECK_SECONDS, DRAIN, BINARY_SHA256, BINARY_NAME
# shellcheck source=/dev/null
. "$bundle/instance.conf"
home=$INSTANCES/$NAME
release=$home/releases/$RELEASE

# The ids under which Consul knows the instance.
ids() {
  echo "$NAME"
  if [ "$KIND" = service ]; then echo "$NAME-sidecar-proxy"; fi
}

take_binary() {
  [ -n "$BINARY_SHA256" ] || return 0
  local target=$BINARIES/$BINARY_SHA256/$BINARY_NAME incoming=$GATEHOUSE/incoming/$BINARY_SHA256
  if [ -x "$target" ]; then
    rm -f "$incoming" # uploaded once more
    return 0
  fi
  [ -f "$incoming" ] || die "the binary of $NAME (sha256 $BINARY_SHA256) is not on this machine; upload it again: replace the Terraform resource binary_${HOSTNAME}_${BINARY_SHA256:0:12}"
  echo "$BINARY_SHA256  $incoming" | sha256sum --check --status || die "the binary of $NAME did not arrive whole: $incoming is not the file with sha256 $BINARY_SHA256"
  mkdir -p "$BINARIES/$BINARY_SHA256"
  chmod 0755 "$BINARIES/$BINARY_SHA256"
  put "$incoming" "$target" 0755
  rm -f "$incoming"
}

stage() {
  local staging=$home/staging
  mkdir -p "$home/releases"
  rm -rf "$staging"
  mkdir -p "$staging"
  cp -a "$bundle/instance.conf" "$staging/"
  local part
  for part in consul systemd env; do
    if [ -d "$bundle/$part" ]; then cp -a "$bundle/$part" "$staging/"; fi
  done
  chown -R root:root "$staging"
  if [ -d "$staging/env" ]; then chmod 0700 "$staging/env" && chmod 0600 "$staging/env/"*; fi
  if diff -rq "$staging" "$release" >/dev/null 2>&1; then rm -rf "$staging"; fi # it is the one in service, perhaps
  if [ -e "$staging" ]; then rm -rf "$release" && mv "$staging" "$release"; fi
}

# Validates the agent's whole configuration as it would be, and the units.
validate() {
  local trial
  trial=$(mktemp -d)
  find "$CONSUL_DIR" -maxdepth 1 \( -name '*.hcl' -o -name '*.json' \) ! -name "$NAME.hcl" -exec cp -L {} "$trial/" \;
  cp "$release"/consul/* "$trial/"
  if ! consul validate -quiet "$trial" >"$trial/report" 2>&1; then
    cat "$trial/report"
    rm -rf "$trial"
    return 1
  fi
  rm -rf "$trial"
  systemd-analyze verify --man=no "$release"/systemd/*.service
}

# changed_units RELEASE: units whose process would not be what this release wants.
changed_units() {
  local unit name
  for unit in "$1"/systemd/*.service; do
    name=$(basename "$unit")
    if ! cmp -s "$unit" "$UNIT_DIR/$name"; then
      echo "$name"
    elif [ -e "$1/env/${name%.service}.env" ] && ! cmp -s "$1/env/${name%.service}.env" "$ENV_DIR/${name%.service}.env"; then
      echo "$name"
    fi
  done
}

# Envoy's count of running requests and connections from outside.
active_requests() {
  curl -s --max-time 2 "http://127.0.0.1:$ADMIN_PORT/stats?filter=^(http|tcp)\.(public_listener|ingress)[^.]*.*downstream_(rq|cx)_active$" |
    awk '/rq_active/ { sum += $NF } END { print sum + 0 }'
}

idle() { [ "$(active_requests)" = 0 ]; }

drain() {
  [ "$DRAIN" = yes ] || return 0
  local id
  for id in $(ids); do maintenance "$id" true; done
  sleep 1 # until every caller's Envoy has heard of it
  wait_for "$DRAIN_TIMEOUT" idle || say "$NAME still had requests after ${DRAIN_TIMEOUT}s; going on"
}

undrain() {
  local id
  for id in $(ids); do maintenance "$id" false; done
}

# install_files RELEASE: all of its files or none. Everything is written before the first file is replaced: with a full
# disk or a read-only /etc nothing has happened.
install_files() {
  local file live mode live_files=()
  for file in $(files_of "$1"); do
    live=$(live_path "$file")
    if cmp -s "$1/$file" "$live"; then continue; fi
    mode=0644
    case $file in env/*) mode=0600 ;; esac
    live_files+=("$live")
    if ! put "$1/$file" "$live.gatehouse-new" "$mode" || ! keep_foreign "$live"; then
      rm -f "${live_files[@]/%/.gatehouse-new}"
      return 1
    fi
  done
  for live in "${live_files[@]}"; do mv -f "$live.gatehouse-new" "$live" || return 1; done
}

# What lies there before the first release was made by a person.
keep_foreign() { [ ! -e "$1" ] || [ -e "$home/current" ] || backup "$1"; }

# swap_to RELEASE UNIT...: installs its files and restarts the named units. Returns 2 when nothing was changed.
swap_to() {
  local target=$1 reload=no
  shift
  lock machine 8
  cmp -s "$target/consul/$NAME.hcl" "$CONSUL_DIR/$NAME.hcl" || reload=yes
  if ! install_files "$target"; then
    exec 8>&-
    return 2
  fi
  trap - EXIT
  systemctl daemon-reload
  if [ "$reload" = yes ] || [ "$(status_of "$NAME")" = absent ]; then
    (reload_consul) || return 1
  fi
  exec 8>&-
  local units
  mapfile -t units < <(cd "$target/systemd" && ls)
  systemctl --quiet enable "${units[@]}"
  if [ $# -gt 0 ]; then
    systemctl reset-failed "$@" 2>/dev/null || true # counts restarts from here
    systemctl restart "$@"
  fi
  systemctl start "${units[@]}"
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

ports_open() {
  local port
  for port in $PORTS; do port_open "$port" || return 1; done
}

# The checks other than maintenance mode's, all passing.
checks_pass() {
  local id
  for id in $(ids); do
    curl -s --max-time 5 "$AGENT/agent/health/service/id/$id" |
      jq -e 'if .Checks == null then .AggregatedStatus == "passing" else [.Checks[] | select(.CheckID | startswith("_service_maintenance") | not) | .Status] | all(. == "passing") end' >/dev/null || return 1
  done
}

crash_looping() {
  local unit
  for unit in $(units_of "$NAME"); do
    [ "$(systemctl show -P NRestarts "$unit")" -lt 4 ] || return 0
  done
  return 1
}

# or_hopeless COMMAND: nothing more to wait for.
or_hopeless() { "$@" || crash_looping; }

# Waits until the release serves. With fresh=no the checks still hold the old process's result for one interval.
await_health() {
  wait_for "$HEALTH_TIMEOUT" or_hopeless ports_open || return 1
  if [ "$1" = no ]; then sleep "$CHECK_SECONDS"; fi
  wait_for "$HEALTH_TIMEOUT" or_hopeless checks_pass || return 1
  ! crash_looping
}

report() {
  local id unit
  say "$NAME did not become healthy. What Consul's checks say:"
  for id in $(ids); do
    curl -s --max-time 5 "$AGENT/agent/health/service/id/$id" | jq -r '.Checks[]? | "  \(.Name): \(.Status) \(.Output)"' || true
  done
  for unit in $(units_of "$NAME"); do
    say "the last lines of $unit:"
    journalctl --no-pager -o short-precise -n 20 -u "$unit" || true
  done
}

# forget_old: keeps the newest releases, and the binaries that they need.
forget_old() {
  touch "$release"
  # shellcheck disable=SC2012 # names are hex
  ls -1t "$home/releases" | tail -n "+$((KEEP_RELEASES + 1))" | while read -r old; do
    local sha
    sha=$(sed -n "s/^BINARY_SHA256='\(.*\)'$/\1/p" "$home/releases/$old/instance.conf")
    rm -rf "${home:?}/releases/$old"
    if [ -n "$sha" ] && ! grep -rqsF "$sha" "$INSTANCES"; then rm -rf "${BINARIES:?}/$sha"; fi
  done
}

roll_back() {
  local old=$1 units
  if [ -z "$old" ]; then
    remove_instance "$NAME"
    die "$NAME is not healthy, and there is no earlier release: it was removed again"
  fi
  mapfile -t units < <(changed_units "$old")
  { swap_to "$old" "${units[@]}" && await_health no; } || die "$NAME is not healthy, and neither is the earlier release $(basename "$old") to which this machine went back"
  undrain
  rm -rf "${release:?}"
  die "$NAME is not healthy; this machine went back to release $(basename "$old"), which serves"
}

# Runs when the release could not even be prepared: what was written for it goes.
abandon() {
  rm -rf "$home/staging"
  [ "$old" = "$release" ] || rm -rf "${release:?}"
  [ -n "$old" ] || rm -rf "${home:?}"
  die "the new release of $NAME could not be put on this machine, see above; nothing was changed"
}

main() {
  lock "$NAME" 7
  old=""
  if [ -e "$home/current" ]; then old=$(readlink -f "$home/current"); fi
  trap abandon EXIT
  mkdir -p "$home" "$BINARIES" "$ENV_DIR"
  chmod 0700 "$ENV_DIR"
  local fresh=no outcome=0 units
  take_binary
  stage
  validate || die "the new release of $NAME is not valid"
  mapfile -t units < <(changed_units "$release")
  if [ "$(status_of "$NAME")" = absent ]; then fresh=yes; elif [ ${#units[@]} -gt 0 ]; then drain; fi
  if [ ${#units[@]} -eq 0 ]; then fresh=yes; fi
  swap_to "$release" "${units[@]}" || outcome=$?
  if [ "$outcome" -eq 2 ]; then
    undrain
    exit 1 # and abandon
  fi
  if [ "$outcome" -ne 0 ] || ! await_health "$fresh"; then
    report
    # Put here once more, say after a deploy that was cut off: there is nothing better to go back to.
    if [ "$old" = "$release" ]; then undrain && die "$NAME is not healthy; it is the release that was here before, and stays"; fi
    roll_back "$old"
  fi
  undrain
  ln -sfn "releases/$RELEASE" "$home/current.new"
  mv -T "$home/current.new" "$home/current"
  forget_old
  say "$NAME serves (restarted: ${units[*]:-nothing})"
}

main
