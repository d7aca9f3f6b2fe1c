#!/usr/bin/env bash
# Lays what an image without TazPod needs into bin/bundle: the programs, tmux and e2fsprogs, with the libraries and the loader of this
# machine. `tazpod up` mounts that folder, read-only, at the one place in a pod that is written into the programs here.
# Run by `make bundle`, which builds the programs first.
set -euo pipefail
cd "$(dirname "$0")/.."

place=/usr/local/lib/tazpod
programs=(bin/tazpod bin/tazpod-ghost bin/tazpod-secrets "$(command -v tmux)")
for tool in e2fsck mke2fs resize2fs; do
    programs+=("$(PATH=$PATH:/usr/sbin:/sbin command -v $tool)")
done

new=$(mktemp -d bin/bundle.XXXXXX)
trap 'rm -rf "$new"' EXIT
mkdir "$new/bin" "$new/lib"
# It is static.
install bin/tazpod-init "$new/bin"
for program in "${programs[@]}"; do
    # The loader is the line without an arrow.
    while read -r library; do
        [ -e "$new/lib/${library##*/}" ] || install --mode 755 "$(readlink -f "$library")" "$new/lib/${library##*/}"
    done < <(ldd "$program" | sed -n 's,.*=> \(/[^ ]*\) .*,\1,p; s,^\t\(/[^ ]*\) .*,\1,p')
    loader=$(ldd "$program" | sed -n 's,^\t\(/[^ ]*\) .*,\1,p')
    copy=$new/bin/${program##*/}
    install "$(readlink -f "$program")" "$copy"
    # DT_RPATH and not DT_RUNPATH: no variable comes before it, and what the libraries need is looked for there, too.
    patchelf --set-interpreter "$place/lib/${loader##*/}" --force-rpath --set-rpath "$place/lib" "$copy"
done
chmod -R go-w "$new"
chmod 755 "$new"
rm -rf bin/bundle
mv "$new" bin/bundle
trap - EXIT
