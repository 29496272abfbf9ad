# Terraform uploads this file and runs it: it hands the document at the end to gatehouse-node, as root. In front of it stand
# lines NAME='value':
#   VERB       what gatehouse-node is to do
#   MESH       the mesh that asks: on a node with several, each has a gatehouse-node of its own version
#   UPLOADED   name of a gatehouse-node that was just uploaded to the home folder of the user who logs in, or nothing
#   SHA256     of that
#   RESOURCE   the Terraform resource whose program this is, where it is one that is created
#   CREATION   the id that Terraform gave it for this run
#   SECRETS    the file in which Terraform put secrets for this run, where there are some
# shellcheck shell=sh disable=SC2154,SC2086,SC2317,SC2024
set -eu
# Terraform's connection has a terminal: when it breaks, what runs here must still come to an orderly end.
trap '' HUP PIPE
self=$0
# gatehouse-node takes the secrets. If it never gets to run, they are removed here, but not those of a later run.
secrets() { stat -c '%i %y' -- "${SECRETS-}" 2>/dev/null || true; }
arrived=$(secrets)
remove_secrets() { if [ -n "$arrived" ] && [ "$(secrets)" = "$arrived" ]; then rm -f -- "$SECRETS"; fi; }
# Terraform writes this file again, empty, after a run that went well: it is removed a moment later.
trap 'remove_secrets; (sleep 3; rm -f -- "$self") >/dev/null 2>&1 </dev/null &' EXIT
if [ "$(id -u)" -ne 0 ]; then
  sudo -n /usr/local/sbin/gatehouse-root <"$self"
  exit
fi
fail() { echo "gatehouse: error: $*" >&2; exit 1; }
document() { sed '1,/^# DOCUMENT$/d' "$self"; }
bin=/opt/gatehouse/bin
program=$bin/$MESH/gatehouse-node
# Terraform's state has the resource from the moment this began: only this record says that it came to its end. A node that
# was emptied has no program any more.
done_with() {
  if [ -n "${RESOURCE-}" ] && [ -x "$program" ]; then "$program" ran "$MESH" "$RESOURCE" "$CREATION"; fi
}

if [ -n "$UPLOADED" ]; then
  uploaded=$(getent passwd "${SUDO_USER:-root}" | cut -d : -f 6)/$UPLOADED
  # A gateway's unit runs the program as a user of its own, whatever root's umask is.
  umask 022
  mkdir -p "$bin" || fail "cannot write to /opt (read-only or full?); nothing was changed"
  # Another run may be doing the same.
  new=$bin/.gatehouse-node.$$
  # The user who logs in may change the upload until it is copied: the copy is what is checked.
  refuse() { rm -f -- "$new"; fail "$*; nothing was changed"; }
  install -m 0755 -- "$uploaded" "$new" || refuse "gatehouse-node could not be copied to $bin"
  rm -f -- "$uploaded"
  echo "$SHA256  $new" | sha256sum --check --status || refuse "gatehouse-node did not arrive whole; deploy again"
  document | "$new" $VERB || refuse "gatehouse-node was not installed"
  sync -- "$new" || refuse "gatehouse-node could not be written to the disk"
  mkdir -p "$bin/$MESH"
  mv -f -- "$new" "$program"
  # What is there for every mesh of the node, its units and the command `mesh`, takes the one that came last.
  ln -s -- "$MESH/gatehouse-node" "$new"
  mv -fT -- "$new" "$bin/gatehouse-node"
  done_with
  exit
fi
# An earlier version put it there.
[ -x "$program" ] || program=$bin/gatehouse-node

# A destroy must not need what is not there: without the folder there is no record of this mesh on the node.
if [ ! -x "$program" ]; then
  case $VERB in
    uninstall) exit ;;
    wipe | "agent remove")
      if [ ! -e /opt/gatehouse ]; then
        echo "gatehouse: /opt/gatehouse is not on this node: there is nothing to remove"
        exit
      fi
      ;;
  esac
fi
[ -x "$program" ] || fail "gatehouse-node is not on this node; replace the Terraform resource program_<node>: npm run deploy -- -replace=null_resource.program_<node>"
document | "$program" $VERB
done_with
exit
# DOCUMENT
