#!/bin/sh
# Installs the packages listed beside this file, inside the image that is being built.
set -eu
export DEBIAN_FRONTEND=noninteractive
list=$(dirname "$0")/packages

apt-get update -qq
wanted=
# shellcheck disable=SC2013 # words: a line holds one, or none
for package in $(sed 's/#.*//' "$list"); do
    name=${package#!}
    if apt-cache show "$name" >/dev/null 2>&1; then
        wanted="$wanted $name"
    elif [ "$name" != "$package" ]; then
        echo "install.sh: this base has no package $name, which the pod needs" >&2
        exit 1
    else
        echo "install.sh: this base has no package $name; it is left out" >&2
    fi
done
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $wanted >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
# Debian calls it batcat.
[ ! -e /usr/bin/batcat ] || ln -sf /usr/bin/batcat /usr/local/bin/bat
