# TazPod: see README.md. Every target works from a clean checkout on a bare Debian or Ubuntu with Swift 6.3.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: build build-weakened build-sanitized bundle images demo test test-long test-images test-editors test-vm test-k8s bench check documents man format clean

SWIFT ?= swift
# The interpreter that the distribution's Python packages are for.
PYTHON := /usr/bin/python3
# No RUNPATH: what root runs looks for libraries nowhere but where the system keeps them.
RELEASE := $(SWIFT) build -c release --static-swift-stdlib --disable-local-rpath
EMBEDDED := TAZPOD_EMBEDDED=1 $(SWIFT) build -c release --scratch-path .build-embedded
# Those without a target of their own.
TESTS := Tests --ignore=Tests/Machine --ignore=Tests/Cluster
# A ghost, and a tazpod-secrets, whose defences can be switched off one by one, to see the tests of each fail. Never installed.
WEAKENED := $(SWIFT) build -c release --static-swift-stdlib --disable-local-rpath --scratch-path .build-weakened -Xswiftc -DTAZPOD_WEAKENED

build: packages-build
	$(RELEASE) --product tazpod
	$(RELEASE) --product tazpod-ghost
	$(RELEASE) --product tazpod-secrets
	$(EMBEDDED) --product tazpod-init
	mkdir -p bin
	strip -o bin/tazpod .build/release/tazpod
	strip -o bin/tazpod-ghost .build/release/tazpod-ghost
	strip -o bin/tazpod-secrets .build/release/tazpod-secrets
	strip -o bin/tazpod-init .build-embedded/release/tazpod-init

build-weakened: packages-build
	$(WEAKENED) --product tazpod-ghost
	$(WEAKENED) --product tazpod-secrets

# The init as the fuzzer has it: ordinary Swift, with the address sanitizer, and C's undefined behaviour checked.
build-sanitized: packages-build
	$(SWIFT) build --product tazpod-init --scratch-path .build-sanitized --sanitize address -Xcc -fsanitize=undefined -Xlinker -lubsan
	$(RELEASE) --product tazpod-init

packages-%:
	@scripts/install-packages.sh $*

# What an image without TazPod gets from `tazpod up`: the programs, with loader, libraries and tools.
bundle: build packages-bundle
	@scripts/bundle.sh

images: build bundle
	@scripts/images.sh

demo: build packages-native $(addprefix packages-,$(filter podman,$(PROVIDER)))
	@PROVIDER=$(or $(PROVIDER),native) scripts/demo.sh

test: build bundle build-weakened build-sanitized packages-native packages-docker packages-images packages-podman packages-test
	$(SWIFT) test
	$(PYTHON) -m pytest --quiet --durations=10 -m "not long and not images" $(TESTS)

# What takes minutes each: the demo from a clean checkout, a hundred thousand messages, kill after kill.
test-long: build build-weakened build-sanitized packages-native packages-docker packages-images packages-podman packages-test
	$(PYTHON) -m pytest --quiet --durations=10 -m "long and not images" $(TESTS)

# All the images, built twice, and what is in them; images of others and projects as workspaces.
test-images: build bundle packages-docker packages-images packages-podman packages-test
	$(PYTHON) -m pytest --quiet --durations=10 -m images $(TESTS)

# ssh, forwarded ports and terminals once more, under docker and podman; `test` has them under native.
test-editors: build packages-docker packages-images packages-podman packages-test
	TAZPOD_TEST_EDITORS=docker,podman $(PYTHON) -m pytest --quiet --durations=5 $(addprefix Tests/Pod/Terminals/test_,ssh.py ssh_ghost.py port_forwarding.py terminal_features.py)

# What takes a machine of its own, under software emulation.
test-vm: build build-weakened packages-test packages-vm
	$(PYTHON) -m pytest --quiet --durations=5 Tests/Machine

# On a real control plane: that of $KUBECONFIG, else one that is built and started here, for which it takes Debian bookworm.
test-k8s: build packages-test $(if $(KUBECONFIG),,packages-k8s)
	$(PYTHON) -m pytest --quiet --durations=5 Tests/Cluster

# Every figure of docs/performance.md but those of `soak`, or those of the groups in ONLY.
bench: build packages-native packages-docker packages-images packages-vm packages-bench
	$(PYTHON) scripts/bench $(ONLY)

check: build packages-check
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift
	shellcheck scripts/*.sh .ci/run images/*/*.sh
	$(PYTHON) -m pyflakes scripts Bench Tests
	$(PYTHON) scripts/check_traps.py
	$(PYTHON) scripts/command_reference.py --check
	$(PYTHON) scripts/check_documents.py

# What is written from the programs themselves.
documents: build packages-test
	$(PYTHON) scripts/command_reference.py
	$(PYTHON) Tests/Init/table.py

# Pages of the manual; copy them to a man1 and man8 folder of MANPATH.
man: build
	$(PYTHON) scripts/man_pages.py .build/man

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

clean:
	rm -rf .build .build-* bin
