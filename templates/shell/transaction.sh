#!/bin/bash
# Puts one release of one instance into service, or leaves the machine as it was.
# usage: transaction.sh BUNDLE   where BUNDLE holds instance.conf and the release's files
# shellcheck source=lib.sh
. /opt/gatehouse/lib/lib.sh
# shellcheck source=traffic.sh
. /opt/gatehouse/lib/traffic.sh
# shellcheck source=health.sh
. /opt/gatehouse/lib/health.sh
# shellcheck source=release.sh
. /opt/gatehouse/lib/release.sh
# shellcheck source=secrets.sh
. /opt/gatehouse/lib/secrets.sh
# shellcheck source=open-ports.sh
. /opt/gatehouse/lib/open-ports.sh

bundle=$1
home=""
use_conf "$bundle"
release=$home/releases/$RELEASE

# put_checked FILE TARGET: FILE lies where the user who deploys may still change it, so the copy is what is checked.
put_checked() {
  local copy=$2.new
  install -m 0600 "$1" "$copy" || return 1
  if ! echo "$BINARY_SHA256  $copy" | sha256sum --check --status; then
    rm -f "$copy" "$1"
    rmdir "$(dirname "$2")" 2>/dev/null || true
    die "the binary of $NAME did not arrive whole, or is another one: not the file with sha256 $BINARY_SHA256; $UPLOAD_AGAIN"
  fi
  chmod 0755 "$copy"
  mv -f "$copy" "$2"
}

take_binary() {
  [ -n "$BINARY_SHA256" ] || return 0
  UPLOAD_AGAIN="upload it again: replace the Terraform resource binary_${HOSTNAME}_${BINARY_SHA256:0:12}"
  local target=$BINARIES/$BINARY_SHA256/$BINARY_NAME incoming=$GATEHOUSE/incoming/$BINARY_SHA256
  if [ -x "$target" ] && echo "$BINARY_SHA256  $target" | sha256sum --check --status; then
    rm -f "$incoming"
    return 0
  fi
  [ -f "$incoming" ] || die "the binary of $NAME (sha256 $BINARY_SHA256) is not on this machine; $UPLOAD_AGAIN"
  mkdir -p "$BINARIES/$BINARY_SHA256"
  chmod 0755 "$BINARIES/$BINARY_SHA256"
  put_checked "$incoming" "$target"
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
  stage_secrets "$staging"
  if [ -d "$staging/env" ]; then chmod 0700 "$staging/env" && chmod 0600 "$staging/env/"*; fi
  if diff -rq "$staging" "$release" >/dev/null 2>&1; then
    rm -rf "$staging" # it is there already, and perhaps in service
    return 0
  fi
  rm -rf "$release"
  mv "$staging" "$release"
}

# A release that did not work goes. Its binary stays as long as the same release may come again: until another one works.
give_up_release() {
  local sha
  sha=$(sed -n "s/^BINARY_SHA256='\(.*\)'$/\1/p" "$bundle/instance.conf")
  rm -rf "${release:?}"
  if [ -z "$sha" ] || grep -rqsF --include=instance.conf "$sha" "$INSTANCES"; then return 0; fi
  echo "$sha" >>"$home/given-up" || true # a full disk
}

# stage_secrets STAGING: the secret variables, as systemd reads them. A release keeps its own: one can go back to it.
stage_secrets() {
  [ -n "$SECRET_ENV" ] || return 0
  local names
  mapfile -t names < <(tr ' ' '\n' <<<"$SECRET_ENV" | cut -d : -f 1)
  install -d -m 0700 "$1/secrets"
  (umask 077 && environment "${names[@]}" >"$1/secrets/$NAME.env")
}

# Runs when the release could not even be put on the machine: what was written for it goes.
abandon() {
  rm -rf "$home/staging"
  [ "$old" = "$release" ] || give_up_release
  [ -n "$old" ] || rm -rf "${home:?}"
  die "the new release of $NAME could not be put on this machine, see above; nothing was changed"
}

roll_back() {
  local old=$1
  if [ -z "$old" ]; then
    remove_instance "$NAME"
    die "$NAME is not healthy, and there is no earlier release: it was removed again"
  fi
  if [ "$old" = "$release" ]; then
    undrain
    die "$NAME is not healthy, though its release $RELEASE is the one that ran here before; nothing else was tried"
  fi
  use_conf "$old"
  if ! put_into_service "$old"; then
    undrain # Consul's checks keep callers away until it is well again
    die "$NAME is not healthy, and neither is the earlier release $RELEASE to which this machine went back"
  fi
  take_back
  give_up_release
  die "$NAME is not healthy; this machine went back to release $RELEASE, which serves"
}

# Past the mesh there are neither certificates nor intentions.
tell_open() {
  [ "$KIND" = service ] || return 0
  local unit at
  open_ports "$NAME.service" | while read -r unit at; do
    say "warning: $unit also listens on port $((16#${at#*:})) for other machines: whoever reaches that calls it past the mesh; have it listen on 127.0.0.1 alone"
  done
}

main() {
  if [ -n "$SECRET_ENV" ]; then take_incoming "env-$NAME"; fi
  refuse_other_mesh "$MESH"
  lock "$NAME" 7
  need_room "$GATEHOUSE" "$UNIT_DIR" "$CONSUL_DIR"
  local outcome=0
  old=""
  if [ -e "$home/current" ]; then old=$(readlink -f "$home/current"); fi
  trap abandon EXIT
  mkdir -p "$home" "$BINARIES" "$ENV_DIR"
  chmod 0700 "$ENV_DIR"
  lock binaries 9 # services of this machine may share one
  take_binary
  stage
  exec 9>&-
  validate "$release" || die "the new release of $NAME is not valid"
  # Without a leader no caller hears that this instance goes, or that it is back.
  wait_for 60 has_leader || die "Consul has had no leader for a minute; see: journalctl -u consul -n 50"
  put_into_service "$release" || outcome=$?
  if [ "$outcome" -eq 2 ]; then
    undrain
    exit 1 # and abandon
  fi
  trap - EXIT
  if [ "$outcome" -ne 0 ]; then
    report
    roll_back "$old"
  fi
  await_moved
  take_back
  # The order of the releases: this one, then the one that it replaced.
  [ -z "$old" ] || touch -d "-1 second" "$old"
  touch "$release"
  make_current "$release"
  lock binaries 9
  forget_old
  exec 9>&-
  rm -f "$home/rolled-back"
  tell_open
  say "$NAME serves (restarted: ${restarted[*]:-nothing})"
}

main
