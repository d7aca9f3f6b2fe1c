# TazPod: see README.md. Every target works from a clean checkout on a bare Debian or Ubuntu with Swift 6.3.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: build check clean demo format test

SWIFT ?= swift
RELEASE := $(SWIFT) build -c release --static-swift-stdlib
EMBEDDED := TAZPOD_EMBEDDED=1 $(SWIFT) build -c release --scratch-path .build-embedded

build: packages-build
	$(RELEASE) --product tazpod
	$(RELEASE) --product tazpod-ghost
	$(EMBEDDED) --product tazpod-init
	mkdir -p bin
	strip -o bin/tazpod .build/release/tazpod
	strip -o bin/tazpod-ghost .build/release/tazpod-ghost
	strip -o bin/tazpod-init .build-embedded/release/tazpod-init

packages-%:
	@scripts/install-packages.sh $*

demo: build packages-native
	@PROVIDER=$(or $(PROVIDER),native) scripts/demo.sh

clean:
	rm -rf .build .build-* bin
