#!/bin/sh
# Unpacks the bundle at the end of this file and runs the program in it. Terraform uploads this file and runs it.
set -eu
# Terraform's connection has a terminal: when it breaks, what runs here must still come to an orderly end.
trap '' HUP PIPE
self=$0
bundle=""
# Terraform writes this file again, empty, after a run that went well: take that away a moment later.
trap 'rm -rf -- "$bundle"; (sleep 3; rm -f -- "$self") >/dev/null 2>&1 </dev/null &' EXIT
if [ "$(id -u)" -ne 0 ]; then
  sudo -n /usr/local/sbin/gatehouse-root <"$self"
  exit 0
fi
bundle=$(mktemp -d /tmp/gatehouse-XXXXXXXX)
sed '1,/^# BUNDLE$/d' "$self" | base64 -d | tar -xz -C "$bundle"
rm -f -- "$self"
bash "$bundle/main.sh" "$bundle"
exit 0
# BUNDLE
