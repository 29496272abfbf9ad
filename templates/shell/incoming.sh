#!/bin/sh
# Makes the place into which Terraform puts a secret: closed to everybody else before anything comes.
set -eu
install -d -m 0755 /opt/gatehouse
install -d -m 0700 -o "$(id -u)" /opt/gatehouse/incoming-secrets
