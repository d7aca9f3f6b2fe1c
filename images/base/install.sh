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
# No service is started while an image is built.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $wanted >/dev/null
apt-get clean
# Nobody listens in a pod, and keys that are in an image are nobody's secret.
rm -f /usr/sbin/policy-rc.d /etc/ssh/ssh_host_*
rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
# Debian calls it batcat.
[ ! -e /usr/bin/batcat ] || ln -sf /usr/bin/batcat /usr/local/bin/bat
