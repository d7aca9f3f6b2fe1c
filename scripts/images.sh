#!/usr/bin/env bash
# Builds the images, with docker or podman. Run by `make images`, which builds the programs first.
#
#   BASE_IMAGE   another Debian or Ubuntu to begin with (default: debian:trixie-slim; where no registry can be
#                reached, a base bootstrapped from the distribution's own packages)
#   ENGINE       the engine's command (default: docker where it answers, else podman)
set -euo pipefail
cd "$(dirname "$0")/.."

suite=trixie
bootstrapped=tazpod-debian:$suite

say() { printf 'images: %s\n' "$*" >&2; }

bootstrap() {
    "$engine" image inspect "$bootstrapped" >/dev/null 2>&1 && return
    scripts/install-packages.sh images
    say "no registry can be reached: bootstrapping Debian $suite from its packages"
    mmdebstrap --quiet --variant=minbase --include=ca-certificates "$suite" - |
        "$engine" import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
            --change 'CMD ["/bin/bash"]' - "$bootstrapped" >/dev/null
}

base_image() {
    if [ -n "${BASE_IMAGE:-}" ]; then
        echo "$BASE_IMAGE"
    elif "$engine" image inspect debian:$suite-slim >/dev/null 2>&1 ||
        timeout 60 "$engine" pull --quiet debian:$suite-slim >/dev/null 2>&1; then
        echo debian:$suite-slim
    else
        bootstrap
        echo "$bootstrapped"
    fi
}

engine=${ENGINE:-}
if [ -z "$engine" ]; then
    engine=docker
    docker version >/dev/null 2>&1 || ! podman info >/dev/null 2>&1 || engine=podman
fi
"$engine" version >/dev/null 2>&1 || {
    say "$engine does not answer; start its daemon, or set ENGINE"
    exit 4
}
base=$(base_image)
say "building tazpod-base from $base"
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp -r images/base/. "$context"
mkdir "$context/bin"
cp bin/tazpod bin/tazpod-init bin/tazpod-ghost "$context/bin"
# podman's own format has no health check.
case $engine in
*podman) format=(--format docker) ;;
*) format=() ;;
esac
# The classic builder is what every docker has.
DOCKER_BUILDKIT=0 "$engine" build --quiet "${format[@]}" --tag tazpod-base --build-arg "BASE_IMAGE=$base" "$context" >/dev/null
say "tazpod-base is built"
