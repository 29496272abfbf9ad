# shellcheck shell=bash
# Taking secrets that Terraform put on this machine. Sourced after lib.sh.

INCOMING=$GATEHOUSE/incoming-secrets
secrets="{}"

# take_incoming NAME: from here on the secrets are in `secrets`, and nowhere else, whatever happens.
take_incoming() {
  local file=$INCOMING/$1.json
  [ -f "$file" ] && [ ! -L "$file" ] || die "the secrets for this step did not arrive at $file; deploy again"
  secrets=$(cat "$file")
  rm -f "$file"
  install -d -m 0700 "$SECRETS"
}

# secret KEY: empty when there is none of this name.
secret() { jq -r --arg key "$1" '.[$key] // ""' <<<"$secrets"; }

# write_secret TARGET MODE OWNER: standard input, whole or not at all, and at no moment readable for others.
write_secret() {
  local temporary
  temporary=$(umask 077 && mktemp "$(dirname "$1")/.gatehouse-XXXXXX") || return 1
  if ! cat >"$temporary" || ! chown "$3" "$temporary" || ! chmod "$2" "$temporary" || ! mv -f "$temporary" "$1"; then
    rm -f "$temporary"
    return 1
  fi
}

# environment NAME...: these secrets as systemd reads variables from a file.
environment() {
  local name
  for name in "$@"; do
    jq -r --arg name "$name" '.[$name] | strings | select(test("\\A[^[:cntrl:]]+\\z")) | "\($name)=\(@json)"' <<<"$secrets" |
      grep . || die "the value of $name cannot be an environment variable: it has to be one line of text and not empty. Correct it in the mesh's secrets and deploy again"
  done
}
