#!/bin/bash
# Makes the place into which Terraform puts a secret as the user who logs in: closed to everybody else before anything comes.
set -eu
install -d -m 0755 /opt/gatehouse
install -d -m 0700 -o "${SUDO_USER:-root}" /opt/gatehouse/incoming-secrets
