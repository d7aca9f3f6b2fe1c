#!/usr/bin/env bash
# Builds the images, with docker or podman: `images.sh [base] [infisical] [k8s] [gemini]`, each upon the one before; without names, all.
# Run by `make images`, which builds the programs first.
#
#   BASE_IMAGE         another Debian or Ubuntu to begin with (default: debian:trixie-slim; where no registry can be
#                      reached, a base bootstrapped from the distribution's own packages)
#   ENGINE             the engine's command (default: docker where it answers, else podman)
#   PREFIX             what the images' names begin with (default: tazpod)
#   PINS               another list than images/pins of programs to fetch; OFFLINE=1 fetches none
#   SOURCE_DATE_EPOCH  no file of an image is younger (default: that of images/epoch)
#   NO_CACHE=1         builds every layer anew
set -euo pipefail
cd "$(dirname "$0")/.."

suite=trixie
prefix=${PREFIX:-tazpod}
bootstrapped=tazpod-debian:$suite-slim
python=/usr/bin/python3
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(sed 's/#.*//;/^$/d' images/epoch)}
export SOURCE_DATE_EPOCH

say() { printf 'images: %s\n' "$*" >&2; }

bootstrap() {
    "$engine" image inspect "$bootstrapped" >/dev/null 2>&1 && return
    scripts/install-packages.sh images
    say "no registry can be reached: bootstrapping Debian $suite from its packages"
    mmdebstrap --quiet --variant=minbase --include=ca-certificates --dpkgopt="$PWD/images/shared/dpkg-excludes" "$suite" - |
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

identity() { "$engine" image inspect --format '{{.Id}}' "$1" 2>/dev/null | sed 's/^sha256://'; }

# What the builder made is in tazpod-build; that it became this image, a tag of the builder's there says.
is_clamped() {
    local made
    made=$(identity "$prefix-$1") || return 1
    [ "$(identity "$prefix-build:$1")" = "$(identity "$prefix-build:$1-${made:0:12}")" ]
}

clamp() {
    local archive=$work/archive.tar old made
    is_clamped "$1" && return
    for old in $("$engine" image ls --format '{{.Repository}}:{{.Tag}}' | sed 's,^localhost/,,' | grep "^$prefix-build:$1-" || true); do
        "$engine" rmi "$old" >/dev/null
    done
    "$engine" save --output "$archive" "$prefix-build:$1"
    made=$($python scripts/clamp_image.py "$SOURCE_DATE_EPOCH" "$archive" "$archive.clamped")
    rm "$archive"
    "$engine" load --quiet --input "$archive.clamped" >/dev/null
    rm "$archive.clamped"
    made=${made#sha256:}
    "$engine" tag "$made" "$prefix-$1:latest"
    "$engine" tag "$made" "$prefix-$1:$version"
    "$engine" tag "$prefix-build:$1" "$prefix-build:$1-${made:0:12}"
}

# build IMAGE ARGUMENT NAME: the image, with the builder's argument that says what it is upon, and that one's name in the label.
build() {
    local context=$work/context left
    rm -rf "$context"
    cp -r "images/$1" "$context"
    mkdir "$context/build" "$context/programs"
    mv "$context/packages" "$context/build"
    cp images/shared/* "$context/build"
    [ "$1" != base ] || cp bin/tazpod bin/tazpod-init bin/tazpod-ghost bin/tazpod-secrets "$context/programs"
    $python scripts/fetch_programs.py "$1" "$context"
    left=$(paste -sd, "$context/build/left-out")
    say "building $prefix-$1 from ${2#*=}"
    # The classic builder is what every docker has, and warns of each time.
    DOCKER_BUILDKIT=0 "$engine" build --quiet "${format[@]}" "${cache[@]}" --tag "$prefix-build:$1" --build-arg "$2" \
        --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" --label "org.opencontainers.image.version=$version" \
        --label "org.opencontainers.image.base.name=$3" --label "dev.tazpod.left-out.$1=$left" "$context" >/dev/null 2>"$work/errors" || {
        cat "$work/errors" >&2
        say "$prefix-$1 could not be built"
        exit 1
    }
    clamp "$1"
    say "$prefix-$1 is built"
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
# podman's own format has no health check.
case $engine in
*podman) format=(--format docker) ;;
*) format=() ;;
esac
cache=(${NO_CACHE:+--no-cache})
version=$(bin/tazpod --version)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

wanted=("$@")
[ $# -gt 0 ] || wanted=(base infisical k8s gemini)
below=
for image in base infisical k8s gemini; do
    if [[ " ${wanted[*]} " != *" $image "* ]]; then
        :
    elif [ "$image" = base ]; then
        upon=$(base_image)
        build base "BASE_IMAGE=$upon" "$upon"
    else
        build "$image" "FROM=$prefix-$below:$version" "tazpod-$below:$version"
    fi
    below=$image
done
