#!/usr/bin/env bash
# Builds kube-apiserver and kubectl from Debian bookworm's source package, for tests: no package has the server.
#
#   scripts/build-kubernetes.sh FOLDER     they end up in FOLDER/bin; what is there already is left alone
#
# Takes some four minutes on two cores and 1.5 GB, of which FOLDER/bin is what counts.
set -euo pipefail

folder=${1:?"name a folder"}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tree=$folder/gopath/src/k8s.io/kubernetes
list=bookworm

say() { printf 'kubernetes: %s\n' "$*" >&2; }

# apt with lists and a cache of its own: the machine's may name no sources, or another release's.
apt_of_bookworm() {
    apt-get -o Dir::Etc::sourcelist="$folder/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$folder/apt/lists" -o Dir::Cache="$folder/apt/cache" -o APT::Sandbox::User=root -qq "$@"
}

fetch() {
    local mirror
    mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null) || true
    mkdir -p "$folder"/apt/{lists,cache/archives}/partial "$folder/apt/source"
    for kind in deb deb-src; do
        echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $list main"
    done >"$folder/apt/sources.list"
    apt_of_bookworm update
    (cd "$folder/apt/source" && apt_of_bookworm source --download-only kubernetes &&
        apt_of_bookworm download golang-github-modern-go-reflect2-dev)
    rm -rf "$tree"
    mkdir -p "$tree"
    tar xzf "$folder"/apt/source/kubernetes_*.orig.tar.gz -C "$tree" --strip-components=1
    # The tarball's reflect2 corrupts memory when it is built by Go 1.18 or later; Debian's is a later one.
    local reflect=$tree/vendor/github.com/modern-go/reflect2
    dpkg-deb --extract "$folder"/apt/source/golang-github-modern-go-reflect2-dev_*.deb "$folder/apt/reflect2"
    rm -f "$reflect"/*.go "$reflect"/*.s
    cp "$folder"/apt/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$reflect"
    rm -rf "$folder/apt"
}

# The one generated file that the tarball lacks and the server needs.
generate() {
    local packages
    go build -o "$folder/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
    packages=$(grep -rlE '^// *\+k8s:openapi-gen=' --include='*.go' pkg cmd plugin vendor/k8s.io/*/ |
        grep -vE '^vendor/k8s.io/(code-generator|sample-apiserver)/|_test\.go$' |
        xargs -n1 dirname | LC_ALL=C sort -u | sed 's#^#k8s.io/kubernetes/#' | paste -sd,)
    "$folder/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi \
        -O zz_generated.openapi -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$folder/openapi-violations"
}

programs=(kube-apiserver kubectl)
if [ -x "$folder/bin/${programs[0]}" ] && [ -x "$folder/bin/${programs[1]}" ]; then exit 0; fi
exec 9>"$folder/lock"
flock -w 1800 9
if [ -x "$folder/bin/${programs[0]}" ] && [ -x "$folder/bin/${programs[1]}" ]; then exit 0; fi

[ -e "$folder/fetched" ] || {
    say "getting the source package of $list"
    fetch
    touch "$folder/fetched"
}
export GO111MODULE=off GOFLAGS='' GOPATH=$folder/gopath GOCACHE=$folder/gocache CGO_ENABLED=0 GOROOT=/usr/lib/go-1.19 GOGC=400
export PATH=$GOROOT/bin:$PATH
cd "$tree"
[ -s pkg/generated/openapi/zz_generated.openapi.go ] || {
    say "generating the description of its API"
    generate
}
say "building ${programs[*]}: some minutes"
# A version must be set for the server to start. Without the cloud providers, which are half of the work.
version=()
for package in component-base/version client-go/pkg/version; do
    version+=("-X k8s.io/kubernetes/vendor/k8s.io/$package.gitVersion=v1.20.2"
        "-X k8s.io/kubernetes/vendor/k8s.io/$package.gitMajor=1" "-X k8s.io/kubernetes/vendor/k8s.io/$package.gitMinor=20")
done
mkdir -p "$folder/bin.new"
go build -trimpath -tags providerless -ldflags "-s -w ${version[*]}" -o "$folder/bin.new/" \
    "${programs[@]/#/k8s.io/kubernetes/cmd/}"
mkdir -p "$folder/bin"
mv "$folder"/bin.new/* "$folder/bin/"
# What the next build would take from here is not worth its size.
rm -rf "$folder/bin.new" "$folder/gocache" "$folder/gopath" "$folder/openapi-gen" "$folder/fetched"
