#!/bin/bash
# Makes the user that deploys, on a node where root is not to log in over ssh: no password, a home folder of its own, and
# the right to one program. Run once as root, by cloud-init or by hand; harmless when run again.
# usage: deploy-user.sh [--close-home] USER ['SSH PUBLIC KEY']
#   --close-home   takes the home folder of a user who exists already from all others
set -euo pipefail

fail() { echo "gatehouse: error: $*" >&2; exit 1; }
close=
if [ "${1-}" = --close-home ]; then close=yes; shift; fi
user=${1-} key=${2-}
[[ $user =~ ^[a-z_][a-z0-9_.-]{0,31}$ ]] || fail "'$user' is not a login name"
[ -x "$(command -v sudo)" ] || fail "sudo is not on this node"

if ! getent passwd "$user" >/dev/null; then
  useradd --create-home --shell /bin/bash "$user"
  close=yes
fi
home=$(getent passwd "$user" | cut -d : -f 6)
uid=$(id -u "$user")
[ "$user" != root ] || fail "root needs no rule of sudo: choose another user"
# The home of a user who exists may be anything: that of daemon is /usr/sbin.
if [ -L "$home" ] || [ ! -d "$home" ] || [ "$(stat -c %u -- "$home")" != "$uid" ]; then
  fail "$home, the home of $user, is not a folder that belongs to $user: choose another user. Nothing was changed"
fi
# Terraform uploads scripts into the home folder, writable for all: no other user may come in.
if [ -n "$close" ]; then
  chmod 0700 -- "$home"
elif [ $((0$(stat -c %a -- "$home") & 077)) -ne 0 ]; then
  fail "other users may enter $home, where the programs arrive that root is to run. If nothing needs it open: chmod 700 $home, and run this again. Nothing was changed"
fi

# As the user: in their home folder any name may be a link to a file of root's.
as_user() { setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"; }
if [ -n "$key" ]; then
  # shellcheck disable=SC2016 # the shell of the user expands these
  as_user sh -euc 'umask 077; cd -- "$1"; mkdir -p .ssh; chmod 700 .ssh; touch .ssh/authorized_keys; chmod 600 .ssh/authorized_keys
    grep -qxF -- "$2" .ssh/authorized_keys || echo "$2" >>.ssh/authorized_keys' sh "$home" "$key"
fi

cat >/usr/local/sbin/gatehouse-root.new <<'PROGRAM'
#!/bin/bash
# Runs the program on its standard input as root, and notes that in the journal: journalctl -t gatehouse-root
# Where the journal is away the record is in /var/log/gatehouse-root.log. Nothing runs without one.
# Written by Gatehouse: the one thing that the user who deploys may do with sudo.
set -euo pipefail
trap '' HUP PIPE
umask 0022
cd /
program=$(mktemp /run/gatehouse-root-XXXXXXXX)
trap 'rm -f "$program"' EXIT
cat >"$program"
record="${SUDO_USER:-root} runs the program $(sha256sum <"$program" | cut -d ' ' -f 1)"
if ! timeout 10 logger --socket-errors=on -t gatehouse-root "$record" 2>/dev/null; then
  (umask 077; echo "$(date -u +%FT%TZ) $record" >>/var/log/gatehouse-root.log) || {
    echo "gatehouse: error: this run can be recorded neither in the journal nor in /var/log, so it did not begin; see: systemctl status systemd-journald; df /var/log" >&2
    exit 1
  }
fi
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
