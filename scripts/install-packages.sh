#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that a task needs, if they are missing.
#
#   scripts/install-packages.sh build|bundle|check|native|docker|podman|test|images|k8s|vm|bench...
#
# Quick when everything is there; otherwise it needs root and a package mirror.
set -euo pipefail

packages_for() {
    case $1 in
    build) echo gcc libc6-dev libcap-dev libcryptsetup-dev libcurl4-openssl-dev libext2fs-dev libfuse3-dev libjansson-dev libnghttp2-dev libqrencode-dev libseccomp-dev libssl-dev libyaml-dev make musl-dev pkg-config ;;
    check) echo python3-pyflakes shellcheck ;;
    native) echo bubblewrap e2fsprogs tmux util-linux libcryptsetup12 libqrencode4 uidmap ;;
    images) echo mmdebstrap ;;
    bundle) echo e2fsprogs libcryptsetup12 libqrencode4 patchelf tmux ;;
    docker) echo docker.io iproute2 iptables ;;
    podman) echo busybox-static fuse-overlayfs netavark podman runc slirp4netns uidmap ;;
    test)
        echo age cryptsetup-bin docker-registry e2fsprogs fish gcc git gnupg groff-base libc6-dev make neovim nghttp2-server nodejs openssh-client openssh-server pass psmisc python3-cryptography python3-pexpect python3-pytest python3-venv python3-yaml rsync skopeo squid strace zsh catatonit dumb-init tini
        ;;
    k8s) echo ca-certificates etcd-server golang-1.19-go golang-1.19-src openssl ;;
    vm) echo bash busybox-static cpio cryptsetup-bin e2fsprogs kmod libcryptsetup12 python3-cryptography python3-pexpect python3-pytest qemu-system-x86 tmux ;;
    bench) echo catatonit cryptsetup-bin dumb-init fio fuse3 git gocryptfs python3-pexpect python3-venv ripgrep s6 strace tini ;;
    *)
        echo "install-packages: there is no task $1" >&2
        exit 2
        ;;
    esac
}

missing=()
for task in "$@"; do
    for package in $(packages_for "$task"); do
        dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "install-packages: missing: ${missing[*]}; install them, or run this as root" >&2
    exit 4
fi
export DEBIAN_FRONTEND=noninteractive
echo "installing ${missing[*]}"
apt-get update -qq
# docker.io's daemon is started by the tests themselves, on a socket of their own.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d.tazpod
chmod +x /usr/sbin/policy-rc.d.tazpod
if [ ! -e /usr/sbin/policy-rc.d ]; then
    mv /usr/sbin/policy-rc.d.tazpod /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
else
    rm -f /usr/sbin/policy-rc.d.tazpod
fi
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
