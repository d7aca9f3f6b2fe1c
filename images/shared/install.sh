#!/bin/sh
# One step of an image: installs the packages listed beside this file, and leaves nothing that differs from build to build.
# Runs inside the image that is being built, as `install.sh IMAGE`.
set -eu
export DEBIAN_FRONTEND=noninteractive
here=$(dirname "$0")
image=$1

wanted=
# shellcheck disable=SC2013 # words: a line holds one, or none
packages=$(sed 's/#.*//' "$here/packages")
if [ -n "$(echo "$packages" | tr -d '[:space:]')" ]; then
    cp "$here/dpkg-excludes" /etc/dpkg/dpkg.cfg.d/tazpod
    apt-get update -qq
    for package in $packages; do
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
fi
# Debian calls it batcat.
[ ! -e /usr/bin/batcat ] || ln -sf /usr/bin/batcat /usr/local/bin/bat

# Nothing in the pod becomes root by running a program.
find / -xdev -type f -perm /6000 -exec chmod a-s {} +

install -d /usr/share/tazpod
for list in fetched left-out; do
    [ ! -s "$here/$list" ] || cat "$here/$list" >>"/usr/share/tazpod/$list"
done
# What was written at this moment, or holds a number of this machine's, is not part of an image.
find /var/log -type f -delete
rm -rf /var/lib/apt/lists/* /var/cache/* /etc/machine-id /var/lib/dbus/machine-id /var/lib/systemd/random-seed /root/.cache
"$here/sbom.sh" "$image" >/usr/share/tazpod/sbom.spdx.json
rm -rf "$here"
