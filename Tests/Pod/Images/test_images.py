"""All the images, as `make images` builds them: the same every time, each upon the one before, and what is in them."""

import json
import os
import re
import subprocess

import pytest

from downloads import DownloadHost, closed_url
from pod import REPOSITORY, Pod, wait_until
from secrets_file import content, put_file, write_secrets

pytestmark = pytest.mark.images

NAMES = ["base", "infisical", "k8s", "gemini"]
FIRST, SECOND = "tazpod-test-first", "tazpod-test-second"


def build(docker, prefix, pins, *names, **variables):
    environment = dict(os.environ, DOCKER_HOST=docker.host, PREFIX=prefix, PINS=str(pins), XDG_CACHE_HOME=str(pins.parent), **variables)
    # The pins lead to this machine alone.
    environment.pop("OFFLINE", None)
    return subprocess.run([str(REPOSITORY / "scripts/images.sh"), *names], capture_output=True, text=True, timeout=900, env=environment)


class Images:
    """The four of them, built with names that begin with `prefix`."""

    def __init__(self, docker, prefix, pins):
        self.docker, self.prefix = docker, prefix
        done = build(docker, prefix, pins, NO_CACHE="1")
        assert done.returncode == 0, done.stderr
        self.said = done.stderr

    def name(self, image):
        return f"{self.prefix}-{image}"

    def inspect(self, image):
        return json.loads(self.docker.run("image", "inspect", self.name(image)).stdout)[0]

    def run(self, image, *command):
        done = self.docker.run("run", "--rm", "--network", "none", self.name(image), *command, check=False)
        assert done.returncode == 0, done
        return done.stdout

    def remove(self):
        names = self.docker.run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
        self.docker.run("rmi", "--force", *[name for name in names if name.startswith(self.prefix)], check=False)


@pytest.fixture(scope="session")
def pins(tmp_path_factory):
    """Programs of ours in place of those that are fetched; the host of one of them is away."""
    folder = tmp_path_factory.mktemp("pins")
    host = DownloadHost(folder / "served")
    offers = [
        ("infisical", "infisical", host.offer("infisical", "I am infisical", "infisical")),
        ("infisical", "sops", host.offer("sops", "I am sops")),
        ("k8s", "helm", host.offer("helm", "I am helm", "linux/helm")), ("k8s", "k9s", host.offer("k9s", "I am k9s")),
        ("k8s", "talosctl", f"{'0' * 64} - {closed_url()}/talosctl"), ("gemini", "gemini", host.offer("gemini", "I am gemini")),
    ]
    pins = folder / "pins"
    pins.write_text("".join(f"{image} {program} 1.2.3 all {words}\n" for image, program, words in offers))
    yield pins
    host.close()


@pytest.fixture(scope="session")
def images(docker, pins):
    images = Images(docker, FIRST, pins)
    yield images
    images.remove()


@pytest.fixture(params=NAMES)
def image(request):
    return request.param


def test_two_builds_are_the_same_images(images, docker, pins):
    again = Images(docker, SECOND, pins)
    try:
        for image in NAMES:
            first, second = images.inspect(image), again.inspect(image)
            assert first["RootFS"]["Layers"] == second["RootFS"]["Layers"], f"{image}: {differences(docker, images, again, image)}"
            assert first["Id"] == second["Id"], f"{image}: {first['Config']} {second['Config']}"
    finally:
        again.remove()


def differences(docker, one, other, image):
    """The files that are not the same, by their checksums and times."""
    script = "find / -xdev -type f -not -path '/etc/host*' -not -path /etc/resolv.conf -exec sh -c 'stat -c \"%n %y %a\" $1; sha256sum $1' - {} ';'"
    texts = [set(docker.run("run", "--rm", images.name(image), "sh", "-c", script, timeout=300).stdout.splitlines()) for images in (one, other)]
    return sorted(texts[0] ^ texts[1])[:20]


def test_each_is_built_upon_the_one_before(images):
    for below, image in zip(NAMES, NAMES[1:]):
        layers = images.inspect(below)["RootFS"]["Layers"]
        assert images.inspect(image)["RootFS"]["Layers"][: len(layers)] == layers


def test_nothing_in_it_makes_root(images, image):
    assert images.run(image, "find", "/", "-xdev", "-perm", "/6000", "-type", "f") == ""
    script = "command -v sudo doas su-exec gosu pkexec || echo none"
    assert images.run(image, "bash", "-c", script) == "none\n"
    assert images.run(image, "id", "tazpod").startswith("uid=1000(tazpod) gid=1000(tazpod) groups=1000(tazpod)")


def test_it_says_what_it_is(images, image):
    config = images.inspect(image)["Config"]
    labels = config["Labels"]
    assert labels["org.opencontainers.image.title"] == f"tazpod-{image}"
    version = subprocess.run([str(REPOSITORY / "bin/tazpod"), "--version"], capture_output=True, text=True, timeout=20).stdout.strip()
    assert labels["org.opencontainers.image.version"] == version
    below = {name: f"tazpod-{below}:{version}" for below, name in zip(NAMES, NAMES[1:])}
    assert labels["org.opencontainers.image.base.name"] == below.get(image, labels["org.opencontainers.image.base.name"])
    for name in ("description", "vendor", "created"):
        assert labels[f"org.opencontainers.image.{name}"]
    assert config["Entrypoint"] == ["/usr/local/bin/tazpod-init"]
    assert config["Healthcheck"]["Test"] == ["CMD", "/usr/local/bin/tazpod-init", "--probe", "ready"]
    assert labels["dev.tazpod.programs"] == "/usr/local/bin"
    where = images.run(image, "bash", "-c", "command -v tazpod tazpod-init tazpod-ghost tazpod-secrets")
    assert where.split() == [f"/usr/local/bin/{name}" for name in ("tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets")]


def test_its_list_of_contents_names_every_package_and_program(images, image):
    labels = images.inspect(image)["Config"]["Labels"]
    document = json.loads(images.run(image, "cat", labels["dev.tazpod.sbom"]))
    assert (document["spdxVersion"], document["name"]) == ("SPDX-2.3", f"tazpod-{image}")
    listed = {(package["name"], package.get("versionInfo")) for package in document["packages"]}
    installed = {tuple(line.split()) for line in images.run(image, "dpkg-query", "-W", "-f", "${Package} ${Version}\\n").splitlines()}
    added = {"base": [], "infisical": ["infisical", "sops"], "k8s": ["helm", "k9s"], "gemini": ["gemini"]}
    fetched = [name for below in NAMES[: NAMES.index(image) + 1] for name in added[below]]
    assert listed - {(f"tazpod-{image}", None)} == installed | {(name, "1.2.3") for name in fetched}
    identifiers = [package["SPDXID"] for package in document["packages"]]
    assert len(set(identifiers)) == len(identifiers)
    contained = {relation["relatedSpdxElement"] for relation in document["relationships"] if relation["relationshipType"] == "CONTAINS"}
    assert contained | {"SPDXRef-image"} == set(identifiers)


def test_what_was_fetched_is_there_and_what_was_not_is_noted(images):
    for program in ("infisical", "sops", "helm", "k9s", "gemini"):
        assert images.run("gemini", program) == f"I am {program}\n"
    assert images.run("gemini", "bash", "-c", "command -v talosctl || cat /usr/share/tazpod/left-out") == "talosctl 1.2.3\n"
    assert images.inspect("gemini")["Config"]["Labels"]["dev.tazpod.left-out.k8s"] == "talosctl 1.2.3"
    assert "talosctl 1.2.3 is left out" in images.said
    assert images.run("gemini", "bash", "-c", "kubectl version --client --output=json | jq -r .kind; node --version").startswith("null\nv")


def test_age_and_pass_run_where_secrets_are_pulled(images):
    for program, says in (("age", r"v?1\.\d"), ("age-keygen", r"v?1\.\d"), ("pass", r"the standard unix password manager"), ("gpg", r"gpg \(GnuPG\) 2")):
        assert re.search(says, images.run("infisical", program, "--version")), program
    assert images.run("base", "bash", "-c", "command -v age pass gpg || echo none") == "none\n"


def test_a_pod_of_the_image_pulls_secrets_of_age_and_pass(images):
    pod = Pod("docker", config=f"image: {images.name('infisical')}\n")
    try:
        pod.use_quick_vault()
        pod.up()
        pod.unlock()
        public = pod.ghost("mkdir -m 700 ~/secrets/age && age-keygen -o ~/secrets/age/keys.txt 2>/dev/null && age-keygen -y ~/secrets/age/keys.txt", check=0)
        encrypted = subprocess.run(["age", "-r", public.output.strip()], input=b"from age", capture_output=True, check=True, timeout=20).stdout
        put_file(pod, "token.age", encrypted)
        store = "GNUPGHOME=~/secrets/gnupg PASSWORD_STORE_DIR=~/secrets/store"
        made = f"""export {store}; mkdir -m 700 $GNUPGHOME
            gpg --batch --quiet --passphrase '' --quick-generate-key tester@example.org default default never &&
            pass init tester@example.org >/dev/null && echo from pass | pass insert -m token >/dev/null"""
        pod.ghost(made, check=0)
        write_secrets(
            pod, {"name": "one", "source": "age", "path": "token.age", "file": "one"},
            {"name": "other", "source": "pass", "path": "token", "file": "other"}, config={"pass_store": "store"})
        pod.ghost(f"{store} tazpod pull", check=0)
        assert (content(pod, "one"), content(pod, "other")) == (b"from age", b"from pass")
    finally:
        pod.close()


def test_the_last_of_them_is_a_healthy_workspace(images, docker):
    name = "tazpod-test-gemini-runs"
    docker.run("run", "--detach", "--health-interval", "1s", "--health-start-period", "1s", "--name", name, images.name("gemini"))
    try:
        wait_until(lambda: docker.run("inspect", "--format", "{{.State.Health.Status}}", name).stdout == "healthy\n", "healthy", 30)
    finally:
        docker.run("rm", "--force", "--volumes", name, check=False)


def test_a_wrong_checksum_stops_the_build(images, docker, pins, tmp_path):
    wrong = tmp_path / "pins"
    wrong.write_text(pins.read_text().replace("infisical infisical 1.2.3 all ", "infisical infisical 1.2.3 all f00d", 1))
    done = build(docker, FIRST, wrong, "infisical")
    assert done.returncode == 1
    assert "infisical 1.2.3 from " in done.stderr and "and not the pinned f00d" in done.stderr
