#!/bin/bash
# Makes the place into which Terraform puts a secret as the user who logs in: closed to everybody else before anything comes.
# usage: incoming.sh BUNDLE   where BUNDLE holds lib/
# shellcheck source=lib.sh
. "$1/lib/lib.sh"

need_room "$GATEHOUSE"
install -d -m 0755 "$GATEHOUSE"
install -d -m 0700 -o "${SUDO_USER:-root}" "$GATEHOUSE/incoming-secrets"
# What a broken connection left here: nobody comes for it any more.
find "$GATEHOUSE/incoming-secrets" -type f -mmin +60 -delete
