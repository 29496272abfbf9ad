#!/bin/bash
# Makes a machine ready for instances: Gatehouse's own programs, the `mesh` command, and what Envoy needs here.
# usage: prepare.sh BUNDLE   where BUNDLE holds lib/, mesh, node.conf, programs and gatehouse-drain.service
bundle=$1
# shellcheck source=lib.sh
. "$bundle/lib/lib.sh"

need() {
  local program missing=()
  for program in "$@"; do
    [ -x "$(command -v "$program")" ] || missing+=("$program")
  done
  [ ${#missing[@]} -eq 0 ] || die "not on this machine: ${missing[*]}; install them (the rendered user_data does) and deploy again"
}

# Consul names the Envoy versions that it supports; for another one Envoy needs a flag.
envoy_flags() {
  local version
  version=$(envoy --version 2>/dev/null | grep -oE '/[0-9]+\.[0-9]+\.[0-9]+/' | tr -d / | head -n 1)
  if api GET agent/self | jq -e --arg version "$version" '.xDS.SupportedProxies.envoy | index($version)' >/dev/null; then
    return 0
  fi
  say "this Consul does not list Envoy $version as supported; starting it with -ignore-envoy-compatibility" >&2
  echo "-ignore-envoy-compatibility"
}

# Where Envoy reaches this machine's agent, and by which authority it knows it.
xds_flags() {
  [ "$TLS" = yes ] || return 0
  local ca=$CONSUL_DIR/tls/xds-ca.pem
  if [ ! -e "$ca" ]; then
    # The agent is not ours: by default it shows Envoy a certificate of the mesh's own authority.
    ca=$GATEHOUSE/xds-ca.pem
    api GET connect/ca/roots | jq -r '.Roots[].RootCert' >"$bundle/xds-ca.pem"
    put "$bundle/xds-ca.pem" "$ca" 0644
  fi
  echo " -grpc-addr https://127.0.0.1:8503 -grpc-ca-file $ca"
}

install_programs() {
  local file
  install -d -m 0755 "$GATEHOUSE" "$GATEHOUSE/lib" "$INSTANCES" "$BINARIES"
  install -d -m 0700 "$ENV_DIR"
  # Where the user who deploys uploads binaries.
  install -d -m 0700 -o "${SUDO_USER:-root}" "$GATEHOUSE/incoming"
  for file in "$bundle"/lib/*; do
    put "$file" "$GATEHOUSE/lib/$(basename "$file")" 0755
  done
  put "$bundle/mesh" /usr/local/bin/mesh 0755
  put "$bundle/node.conf" "$GATEHOUSE/node.conf" 0644
}

install_drain() {
  put "$bundle/gatehouse-drain.service" "$UNIT_DIR/gatehouse-drain.service" 0644
  systemctl --quiet --no-reload enable gatehouse-drain
  systemctl daemon-reload
  systemctl start gatehouse-drain
}

need_room "$GATEHOUSE" "$UNIT_DIR" "$CONSUL_DIR" /usr/local/bin
refuse_other_mesh "$(mesh_in "$bundle/node.conf")"
lock prepare 7
read -ra programs <"$bundle/programs"
need "${programs[@]}"
wait_for 90 agent_answers || die "Consul's agent does not answer at 127.0.0.1:8500; see: journalctl -u consul -n 50"
install_programs
# MESH, NODE, ROLE, TLS
# shellcheck source=/dev/null
. "$GATEHOUSE/node.conf"
if [ "$ROLE" = worker ]; then
  flags=$(envoy_flags)$(xds_flags)
  printf 'GATEHOUSE_ENVOY_FLAGS=%s\n' "$flags" >"$bundle/node.env"
  put "$bundle/node.env" "$GATEHOUSE/node.env" 0644
  install_drain
fi
say "$(hostname) is ready"
