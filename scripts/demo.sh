#!/usr/bin/env bash
# The main job, shown: a secret that exists only inside the enclave. Run by `make demo`, which installs and builds first.
#
#   PROVIDER   native (default), docker, podman
set -euo pipefail
cd "$(dirname "$0")/.."

provider=${PROVIDER:-native}
PATH=$PWD/bin:$PATH
passphrase=$(head -c 18 /dev/urandom | base64)
secret=$(head -c 24 /dev/urandom | base64)
project=$(mktemp -d "${TMPDIR:-/tmp}/tazpod-demo.XXXXXX")
XDG_RUNTIME_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tazpod-demo-run.XXXXXX")
export XDG_RUNTIME_DIR

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
note() { printf '  %s\n' "$*"; }
show() { printf '  $ %s\n' "$*"; }
fail() {
    printf 'demo: %s\n' "$*" >&2
    exit 1
}
finish() {
    tazpod down --project "$project" --quiet >/dev/null 2>&1 || true
    rm -rf "$project" "$XDG_RUNTIME_DIR"
}
trap finish EXIT

# A passphrase is read from a descriptor; it never is an argument, a variable of a program, or a file.
unlock() { tazpod unlock --project "$project" --passphrase-fd 9 "$@" 9<<<"$passphrase"; }
public() { tazpod exec --project "$project" -- "$@"; }

if [ "$provider" != native ] && ! "$provider" image inspect tazpod-base >/dev/null 2>&1; then
    say "Building the image tazpod-base"
    ENGINE=$provider scripts/images.sh base
fi

say "A new project, and its pod under the provider $provider"
show tazpod init
chmod 755 "$project"
tazpod init --project "$project" --quiet
show tazpod up --provider "$provider"
tazpod up --project "$project" --provider "$provider"

say "The vault is made, opened into an enclave, and a secret is written there"
show "tazpod unlock --detach"
unlock --detach
show "tazpod exec --ghost -- sh -c 'cat > ~/secrets/token'"
tazpod exec --project "$project" --ghost -- sh -c 'cat > ~/secrets/token' <<<"$secret"
note "the ghost is $(tazpod exec --project "$project" --ghost -- id)"
[ "$(tazpod exec --project "$project" --ghost -- sh -c 'cat ~/secrets/token')" = "$secret" ] || fail "the ghost cannot read it"
note "the ghost reads the secret"

say "The rest of the pod, as the same user, sees nothing of it"
show "tazpod exec -- sh -c 'cat ~/secrets/token'"
if public sh -c 'cat ~/secrets/token' 2>&1 | sed 's/^/  /' | grep -F "$secret"; then fail "the public area read the secret"; fi
note "no such file"
show "tazpod exec -- sh -c 'cat /proc/*/root/home/*/secrets/token'"
seen=$(public sh -c 'cat /proc/[0-9]*/root/home/*/secrets/token 2>/dev/null; cat /proc/[0-9]*/environ 2>/dev/null' | tr -d '\0' || true)
case $seen in *"$secret"*) fail "the public area read the secret through /proc" ;; esac
note "nothing there either"
show "tazpod exec -- grep secrets /proc/mounts"
if public grep -F /secrets /proc/mounts; then fail "the public area sees the vault's mount"; fi
note "the vault is mounted nowhere that it can see"

say "The vault is locked: the enclave is gone, with everything in it"
show tazpod lock
tazpod lock --project "$project"
tazpod status --project "$project" | sed 's/^/  /'
if grep -qF "$secret" "$project/.tazpod/vault/vault.img"; then fail "the secret is in the image in the clear"; fi
note "the image on the disk does not contain the secret"

say "Opened again, the secret is there"
show "tazpod unlock -- sh -c 'cat ~/secrets/token'"
[ "$(unlock -- sh -c 'cat ~/secrets/token')" = "$secret" ] || fail "the secret is not there"
note "found it; the command has ended, so the vault is locked again"

say "The pod is stopped and removed; the vault stays in the project"
show tazpod down
tazpod down --project "$project"
printf '\ndemo: ok\n'
