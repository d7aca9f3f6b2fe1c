#!/bin/sh
# What is in this image, as SPDX 2.3 in JSON: dpkg's packages, and the programs that were fetched. Runs inside the image, as
# `sbom.sh IMAGE`; the same image gives the same text.
set -eu
image=$1
fetched=/usr/share/tazpod/fetched
# shellcheck disable=SC1091 # the image's own
distribution=$(. /etc/os-release && echo "$ID")
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)

list=$(mktemp)
trap 'rm -f "$list"' EXIT
# shellcheck disable=SC2016 # dpkg-query's own variables
{
    dpkg-query --show --showformat 'deb\t${Package}\t${Version}\t${Architecture}\t${Maintainer}\n'
    [ ! -e "$fetched" ] || sed 's/^/url /; s/ /\t/g' "$fetched"
} | LC_ALL=C sort >"$list"
identity=$(sha256sum "$list" | cut -d ' ' -f 1)

LC_ALL=C awk -F '\t' -v image="$image" -v distribution="$distribution" -v created="$created" -v identity="$identity" '
    function text(value) { gsub(/\\/, "\\\\", value); gsub(/"/, "\\\"", value); return "\"" value "\"" }
    function field(key, value) { return "\"" key "\": " text(value) }
    function encoded(value) { gsub(/%/, "%25", value); gsub(/:/, "%3A", value); gsub(/\+/, "%2B", value); return value }
    function identifier(value) { gsub(/[^A-Za-z0-9.-]/, "-", value); return "SPDXRef-" value }
    BEGIN {
        print "{"
        print "  " field("spdxVersion", "SPDX-2.3") ", " field("dataLicense", "CC0-1.0") ", " field("SPDXID", "SPDXRef-DOCUMENT") ","
        print "  " field("name", image) ", " field("documentNamespace", "urn:tazpod:sbom:" image ":" identity) ","
        print "  \"creationInfo\": {" field("created", created) ", \"creators\": [" text("Tool: images/shared/sbom.sh") "]},"
        print "  \"packages\": ["
        printf "    {%s, %s, %s, \"filesAnalyzed\": false, %s}", field("SPDXID", "SPDXRef-image"), field("name", image), \
            field("downloadLocation", "NOASSERTION"), field("primaryPackagePurpose", "CONTAINER")
    }
    # deb NAME VERSION ARCHITECTURE MAINTAINER
    $1 == "deb" {
        id = identifier("deb-" $2 "-" $4)
        printf ",\n    {%s, %s, %s, %s, %s, \"filesAnalyzed\": false,\n     \"externalRefs\": [{%s, %s, %s}]}", field("SPDXID", id), \
            field("name", $2), field("versionInfo", $3), field("supplier", "Organization: " $5), \
            field("downloadLocation", "NOASSERTION"), field("referenceCategory", "PACKAGE-MANAGER"), field("referenceType", "purl"), \
            field("referenceLocator", "pkg:deb/" distribution "/" encoded($2) "@" encoded($3) "?arch=" $4)
    }
    # url NAME VERSION SHA256 URL
    $1 == "url" {
        id = identifier("fetched-" $2)
        printf ",\n    {%s, %s, %s, %s, \"filesAnalyzed\": false,\n     \"checksums\": [{%s, %s}]}", field("SPDXID", id), field("name", $2), \
            field("versionInfo", $3), field("downloadLocation", $5), field("algorithm", "SHA256"), field("checksumValue", $4)
    }
    { contained[NR] = id }
    END {
        print "\n  ],\n  \"relationships\": ["
        printf "    {%s, %s, %s}", field("spdxElementId", "SPDXRef-DOCUMENT"), field("relationshipType", "DESCRIBES"), \
            field("relatedSpdxElement", "SPDXRef-image")
        for (number = 1; number <= NR; number++)
            printf ",\n    {%s, %s, %s}", field("spdxElementId", "SPDXRef-image"), field("relationshipType", "CONTAINS"), \
                field("relatedSpdxElement", contained[number])
        print "\n  ]\n}"
    }' "$list"
