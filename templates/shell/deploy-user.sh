#!/bin/bash
# Makes the user that deploys, on a node where root is not to log in over ssh: no password, a home folder of its own, and
# the right to one program. Run once as root, by cloud-init or by hand; harmless when run again.
# usage: deploy-user.sh USER ['SSH PUBLIC KEY']
set -euo pipefail

user=$1 key=${2:-}
[[ $user =~ ^[a-z_][a-z0-9_.-]{0,31}$ ]] || { echo "gatehouse: error: '$user' is not a login name" >&2; exit 1; }
[ -x "$(command -v sudo)" ] || { echo "gatehouse: error: sudo is not on this node" >&2; exit 1; }

# Terraform uploads scripts into the home folder, writable for all: no other user may come in.
getent passwd "$user" >/dev/null || useradd --create-home --shell /bin/bash "$user"
home=$(getent passwd "$user" | cut -d : -f 6)
chmod 0700 "$home"

if [ -n "$key" ]; then
  install -d -m 0700 -o "$user" -g "$(id -gn "$user")" "$home/.ssh"
  touch "$home/.ssh/authorized_keys"
  chown "$user": "$home/.ssh/authorized_keys"
  chmod 0600 "$home/.ssh/authorized_keys"
  grep -qxF "$key" "$home/.ssh/authorized_keys" || echo "$key" >>"$home/.ssh/authorized_keys"
fi

cat >/usr/local/sbin/gatehouse-root.new <<'PROGRAM'
#!/bin/bash
# Runs the program on its standard input as root, and notes that in the journal: journalctl -t gatehouse-root
# Written by Gatehouse: the one thing that the user who deploys may do with sudo.
set -euo pipefail
trap '' HUP PIPE
umask 0022
cd /
program=$(mktemp /run/gatehouse-root-XXXXXXXX)
trap 'rm -f "$program"' EXIT
cat >"$program"
logger -t gatehouse-root "${SUDO_USER:-root} runs the program $(sha256sum <"$program" | cut -d ' ' -f 1)" || true
# Terraform's connection has a terminal: what runs here sees by it whether the connection is still there.
if [ -t 1 ]; then exec <&1; else exec </dev/null; fi
bash "$program"
PROGRAM
chmod 0755 /usr/local/sbin/gatehouse-root.new
mv -f /usr/local/sbin/gatehouse-root.new /usr/local/sbin/gatehouse-root

rule=$(mktemp)
trap 'rm -f "$rule"' EXIT
cat >"$rule" <<RULE
# Written by Gatehouse: $user may run one program as root, without arguments.
$user ALL=(root) NOPASSWD: /usr/local/sbin/gatehouse-root ""
# What it runs sees the connection's own terminal, and so whether the connection is still there.
Defaults:$user !use_pty
RULE
visudo -cqf "$rule"
install -m 0440 "$rule" /etc/sudoers.d/gatehouse
