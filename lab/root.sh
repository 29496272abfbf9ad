#!/usr/bin/env bash
# The root file system that all machines share: made once, then read only. Prints its path.
# Node.js and Python are what the examples run.
# A change of this file, of the release or of the processor makes another one.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

packages=systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,ca-certificates,curl,jq,less,nftables,sudo,nodejs,python3${GATEHOUSE_LAB_PACKAGES:+,$GATEHOUSE_LAB_PACKAGES}
# shellcheck source=/dev/null
codename=$(. /etc/os-release && say "${UBUNTU_CODENAME:-${DEBIAN_CODENAME:-$VERSION_CODENAME}}")
recipe=$({ cat "$0"; say "$codename $(dpkg --print-architecture) $packages"; } | sha256sum | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse
root=$cache/lab-root-$recipe

# The mirrors of this machine, without those that are not the distribution's own.
mirrors() {
  # shellcheck disable=SC2016 # apt fills these in, not the shell
  local line='$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)'
  apt-get indextargets --format "$line" 'Created-By: Packages' | sed -nE 's/^(Debian|Ubuntu)\|//p' | sort -u
}

# Units for a machine with a screen, with a network to configure or with updates to fetch.
idle_units="getty@.service serial-getty@.service console-getty.service container-getty@.service
  systemd-networkd-wait-online.service systemd-timesyncd.service systemd-resolved.service
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer"

build() {
  local unfinished=$1 unit mask=""
  for unit in $idle_units; do mask+="ln -sf /dev/null \"\$1/etc/systemd/system/$unit\"; "; done
  # shellcheck disable=SC2016 # $1 of a hook is the new root
  mirrors | mmdebstrap --quiet --variant=minbase --include="$packages" \
    --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --keyring=/usr/share/keyrings \
    --customize-hook="$mask" \
    --customize-hook='rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/hostname "$1"/etc/resolv.conf; : >"$1"/etc/resolv.conf' \
    "$codename" "$unfinished" - >&2
}

# Roots of former recipes, a week old, that no machine stands on.
prune() {
  find "$cache" -maxdepth 1 -type d \( -name 'lab-root-*' -o -name 'unfinished-*' \) -mtime +7 ! -path "$root" |
    while read -r old; do
      grep -qF "lowerdir=$old," /proc/mounts || rm -rf --one-file-system "$old"
    done
}

mkdir -p "$cache"
exec 9>"$cache/lab-root.lock"
flock 9
if [ ! -d "$root" ]; then
  say "making the machines' file system (half a minute, once)" >&2
  [ -n "$(mirrors)" ] || apt-get update -qq >&2
  unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
  trap 'rm -rf "$unfinished"' EXIT
  build "$unfinished"
  chmod 755 "$unfinished"
  mv -T "$unfinished" "$root"
  touch "$root"
  prune
fi
say "$root"
