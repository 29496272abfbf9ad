# shellcheck shell=bash
# Releases of an instance on this machine, and putting one of them into service. Sourced after health.sh.
# shellcheck source=drift.sh
. /opt/gatehouse/lib/drift.sh

home="" # the instance's folder
KEEP_RELEASES=3
MOVED_TIMEOUT=20   # seconds for Envoy to leave upstreams that are no longer declared; it drains for 5
UPSTREAM_TIMEOUT=5 # seconds for Envoy to open the ports of new upstreams

# use_conf RELEASE: NAME, KIND, RELEASE, PORTS, UPSTREAM_LISTENERS, ADMIN_PORT, CHECK_DIRECT, CHECK_URL,
# CHECK_TIMEOUT, CHECK_SECONDS, DRAIN, SECRET_ENV, BINARY_SHA256, BINARY_NAME, `home`.
use_conf() {
  # shellcheck disable=SC2034 # the transaction reads it
  SECRET_ENV=""
  # An older Gatehouse wrote none of these.
  UPSTREAM_LISTENERS=""
  CHECK_DIRECT=no
  # shellcheck disable=SC2034 # health.sh reads it
  CHECK_URL=""
  # shellcheck source=/dev/null
  . "$1/instance.conf"
  home=$INSTANCES/$NAME
}

# Validates the agent's whole configuration as it would be, and the units.
validate() {
  local trial
  trial=$(mktemp -d)
  find "$CONSUL_DIR" -maxdepth 1 \( -name '*.hcl' -o -name '*.json' \) ! -name "$NAME.hcl" ! -name gatehouse-secrets.json -exec cp -L {} "$trial/" \;
  cp "$1"/consul/* "$trial/"
  if ! consul validate -quiet "$trial" >"$trial/report" 2>&1; then
    cat "$trial/report"
    rm -rf "$trial"
    return 1
  fi
  rm -rf "$trial"
  systemd-analyze verify --man=no "$1"/systemd/*.service
}

# changed_files RELEASE: what would be another file on the machine, by content, owner or mode.
changed_files() {
  local file
  for file in $(files_of "$1"); do
    in_place "$1" "$file" "$(live_path "$file")" || echo "$file"
  done
}

# changed_units RELEASE: units whose process would not be what this release wants.
changed_units() {
  local file
  for file in $(files_of "$1"); do
    cmp -s "$1/$file" "$(live_path "$file")" || echo "$file"
  done | sed -n 's,^systemd/,,p; s,^\(env\|secrets\)/\(.*\)\.env$,\2.service,p' | cat - <(other_processes "$1") | sort -u
}

# other_processes RELEASE: units that run as something else though their files are right.
other_processes() {
  local unit
  for unit in "$1"/systemd/*.service; do
    unit=$(basename "$unit")
    if runs_otherwise "$unit"; then echo "$unit"; fi
  done
}

# install_files RELEASE: all of them or none: each is written beside its target first. Sets `heard` when Consul must hear
# of it.
install_files() {
  local file live at temporaries=() targets=()
  for file in $(changed_files "$1"); do
    live=$(live_path "$file")
    case $file in consul/*) heard=yes ;; esac
    if [ -e "$live" ] && [ ! -e "$home/current" ]; then backup "$live"; fi
    targets+=("$live")
    temporaries+=("$(dirname "$live")/.gatehouse-$NAME-$(basename "$live")")
    if ! put_live "$1" "$file" "${temporaries[-1]}"; then
      rm -f "${temporaries[@]}"
      say "$live could not be written"
      return 1
    fi
  done
  for at in "${!targets[@]}"; do mv -f "${temporaries[$at]}" "${targets[$at]}" || return 1; done
  [ -e "$1/secrets" ] || rm -f "$SECRETS/$NAME.env" # of a release that had some
}

# put_live RELEASE FILE TARGET
put_live() {
  rm -f "$3"
  (umask 077 && live_content "$1" "$2" >"$3") && chown "$(owner_of "$2")" "$3" && chmod "$(mode_of "$2")" "$3"
}

# introduce RELEASE UNIT...: starts a new instance and makes it known to Consul with what its check says by then. The agent's own
# first look comes at any moment within the check's interval.
introduce() {
  case " $* " in *" $NAME.service "*) restart_units "$NAME.service" ;; *) systemctl start "$NAME.service" ;; esac || return 1
  wait_for "$HEALTH_TIMEOUT" or_hopeless serves "${PORTS%% *}" || return 1
  lock machine 8
  define "$1" '/^  check {$/a \    status = "passing"' || return 1
  (reload_consul) || return 1
  define "$1" || return 1 # without it: an agent that starts again has to look itself
  exec 8>&-
}

# define RELEASE [SED]: puts its definition, edited, where the agent reads it.
define() {
  local new=$CONSUL_DIR/.gatehouse-$NAME.new
  put_live "$1" "consul/$NAME.hcl" "$new" && sed -i "${2:-}" "$new" && mv -f "$new" "$CONSUL_DIR/$NAME.hcl"
}

# swap_to RELEASE UNIT...: installs its files and restarts the named units. Returns 2 when nothing was changed.
swap_to() {
  local target=$1 heard=no new=no units others
  if [ "$(status_of "$NAME")" = absent ]; then new=yes; fi
  shift
  lock machine 8
  mapfile -t units < <(cd "$target/systemd" && ls)
  install_files "$target" || return 2
  trap - EXIT # from here on, going back is more than removing the release
  clear_overrides "${units[@]}"
  systemctl --quiet --no-reload enable "${units[@]}" || return 1
  systemctl daemon-reload || return 1
  if [ "$new" = yes ] && [ "$CHECK_DIRECT" = yes ]; then
    rm -f "$CONSUL_DIR/$NAME.hcl" # nobody else's reload is to make it known before it serves
    exec 8>&-
    introduce "$target" "$@" || return 1
    mapfile -t others < <(printf '%s\n' "$@" | grep -v -e "^$NAME.service$" -e '^$')
    set -- "${others[@]}"
  else
    if [ "$heard" = yes ] || [ "$new" = yes ]; then (reload_consul) || return 1; fi
    exec 8>&-
  fi
  await_upstreams "$@"
  [ $# -eq 0 ] || restart_units "$@" || return 1
  systemctl start "${units[@]}"
}

# upstream_listeners: whether Envoy listens for exactly these; a port may still be another upstream's.
upstream_listeners() {
  local have listener
  have=$(curl -s --max-time 2 "http://127.0.0.1:$ADMIN_PORT/listeners" | sed 's/::.*//') || return 1
  for listener in $UPSTREAM_LISTENERS; do grep -qxF "$listener" <<<"$have" || return 1; done
}

# A process that starts finds its upstreams open, so that it does not begin with errors.
await_upstreams() {
  case " $* " in *-sidecar-proxy.service*) return 0 ;; esac
  if [ -z "$UPSTREAM_LISTENERS" ] || ! systemctl --quiet is-active "$NAME-sidecar-proxy"; then return 0; fi
  wait_for "$UPSTREAM_TIMEOUT" upstream_listeners || true
}

nothing_draining() {
  [ "$(curl -sg --max-time 2 "http://127.0.0.1:$ADMIN_PORT/stats?filter=^listener_manager.total_listeners_draining$" | sed 's/.*: //')" = 0 ]
}

# Connections that the process opened before the swap may still call the upstream that it had: what comes after this in a
# deploy no longer allows that.
await_moved() {
  [ -n "$UPSTREAM_LISTENERS" ] || return 0
  wait_for "$MOVED_TIMEOUT" upstream_listeners || say "the Envoy of $NAME does not listen for all of: $UPSTREAM_LISTENERS"
  wait_for "$MOVED_TIMEOUT" nothing_draining || say "$NAME still has connections to upstreams that it had before"
}

restart_units() {
  local began closing
  systemctl reset-failed "$@" 2>/dev/null || true # counts restarts from here
  if [ "$outage" = no ]; then
    systemctl restart "$@"
    return
  fi
  mapfile -t closing < <(ports_of "$@")
  began=$(milliseconds)
  hold "${closing[@]}"
  systemctl restart "$@"
  POLL=0.02 wait_for "$HEALTH_TIMEOUT" or_hopeless listens "${closing[@]}" || {
    let_go
    return 1
  }
  let_go
  crash_looping || say "$NAME was away for $(($(milliseconds) - began)) ms: it is the only instance that serves"
}

# ports_of UNIT...: those of the instance that are closed while these units restart.
ports_of() {
  local unit
  for unit in "$@"; do
    case $KIND:$unit in
      *-sidecar-proxy.service) tr ' ' '\n' <<<"${PORTS#* }" ;;
      service:*) echo "${PORTS%% *}" ;;
      *) tr ' ' '\n' <<<"$SERVED_PORTS" ;;
    esac
  done | grep .
}

milliseconds() { echo "${EPOCHREALTIME/[.,]/}" | sed 's/...$//'; }

# put_into_service RELEASE: swaps to it, drained where another instance serves meanwhile. False when it is not healthy;
# then it is still drained. Sets `restarted`, the units.
put_into_service() {
  local fresh=no
  mapfile -t restarted < <(changed_units "$1")
  outage=no
  SERVED_PORTS=$(served_ports "$1")
  if [ "$(status_of "$NAME")" = absent ] || { [ -z "$(changed_files "$1")" ] && [ ${#restarted[@]} -eq 0 ]; }; then
    fresh=yes
  elif ! drain && [ ${#restarted[@]} -gt 0 ]; then
    outage=yes
  fi
  swap_to "$1" "${restarted[@]}" && await_health "$fresh"
}

# served_ports RELEASE: what a gateway listens on by its routes, now, and will in this release: the last listener below
# port 1024 goes with the right to have one.
served_ports() {
  [ "$KIND" != service ] || return 0
  local least=1024
  if grep -qs '^AmbientCapabilities=CAP_NET_BIND_SERVICE' "$1/systemd/$NAME.service"; then least=1; fi
  curl -s --max-time 2 "http://127.0.0.1:$ADMIN_PORT/listeners" | sed -n 's/.*::0\.0\.0\.0:\([0-9]*\)$/\1/p' |
    awk -v least="$least" '$1 >= least'
}

# make_current RELEASE
make_current() {
  ln -sfn "releases/$(basename "$1")" "$home/current.new"
  mv -T "$home/current.new" "$home/current"
}

# Releases that were put into service here, the newest first.
releases() {
  # shellcheck disable=SC2012 # names are hex
  ls -1t "$home/releases"
}

# forget_old: keeps the newest releases, and the binaries that they need. What was given up before does not come again.
forget_old() {
  releases | tail -n "+$((KEEP_RELEASES + 1))" | while read -r old; do
    local sha
    sha=$(sed -n "s/^BINARY_SHA256='\(.*\)'$/\1/p" "$home/releases/$old/instance.conf")
    rm -rf "${home:?}/releases/$old"
    if [ -n "$sha" ]; then echo "$sha" >>"$home/given-up"; fi
  done
  [ -e "$home/given-up" ] || return 0
  local sha unneeded
  mapfile -t unneeded < <(sort -u "$home/given-up")
  rm -f "$home/given-up"
  for sha in "${unneeded[@]}"; do
    grep -rqsF "$sha" "$INSTANCES" || rm -rf "${BINARIES:?}/$sha"
  done
}
