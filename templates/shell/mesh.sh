#!/bin/sh
# The command `mesh`: gatehouse-node does what it says. Until the first deploy has brought that program, this shows what there is.
set -u

program=/opt/gatehouse/bin/gatehouse-node
if [ -x "$program" ]; then exec "$program" mesh "$@"; fi

echo "mesh: nothing was deployed to this node yet; this is what there is"
echo
echo UNITS
# shellcheck disable=SC2046 # names of units
systemctl list-units --all --plain --no-legend --no-pager consul.service \
  $(grep -lsF '# Written by Gatehouse' /etc/systemd/system/*.service | sed 's|.*/||')
echo
printf 'AGENT: %s\n' "$(systemctl is-active consul 2>/dev/null)"
echo
echo MEMBERS
for token in /opt/gatehouse/secrets/_agent.*.token /opt/gatehouse/secrets/_agent.token; do
  if [ -r "$token" ]; then export CONSUL_HTTP_TOKEN_FILE="$token"; fi
done
consul members 2>&1 || echo "consul members: Consul is not set up here, or it does not answer"
case ${1:-help} in
  help | -h | --help | status) ;;
  *)
    echo "mesh: '$1' comes with the first deploy" >&2
    exit 1
    ;;
esac
