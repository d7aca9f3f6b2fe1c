"""`tazpod manifest --kubernetes`, as a real API server takes it."""

import pytest
import yaml

KINDS = ["ServiceAccount", "PersistentVolumeClaim", "NetworkPolicy", "Pod"]
EVERYTHING = r"""
name: my_web-
image: "registry.example.org:5000/team/image@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
vault: {driver: ram, lock_after: 30m}
ports: ["3000", "127.0.0.1:9000:8372", "81:3000"]
env: {PS1: "$(hostname) $$ \"quoted\" é 😀 %h: x\n---\nkind: Pod\n", YES: "yes", NUMBER: "1e3", EMPTY: "", "A.B-C": "null"}
resources: {cpu: "1.5", memory: 1536MiB, gpu: true}
"""
CLUSTER = "kubernetes: {{namespace: {}, storage: 20Gi, node_selector: {{role: dev, on: 'true'}}, timeout: {{idle: 4h, max: 24h}}}}\n"


def kept(sent, stored, path=""):
    """What of `sent` is not in `stored`, which has defaults beside it."""
    if isinstance(sent, dict):
        return [gap for key, value in sent.items() for gap in kept(value, (stored or {}).get(key), f"{path}.{key}")]
    if isinstance(sent, list) and sent:
        if not isinstance(stored, list) or len(sent) != len(stored):
            return [f"{path}: {stored!r}"]
        return [gap for index, value in enumerate(sent) for gap in kept(value, stored[index], f"{path}[{index}]")]
    # An empty list may come back as none.
    return [] if sent == stored or sent == [] and stored is None else [f"{path}: sent {sent!r}, stored {stored!r}"]


def manifest(project, cluster, config, settings=CLUSTER):
    project.configure(config + settings.format(cluster.namespace))
    return project.run("manifest", "--kubernetes", check=0).output


SECRETS = "secrets: [{name: TOKEN, source: kubernetes, file: token}, {name: db, source: engine, key: DB.password, env: DB}]\n"


@pytest.fixture(params=["", EVERYTHING], ids=["defaults", "everything"])
def text(request, project, cluster):
    if request.param:
        (project.directory / ".tazpod/secrets.yml").write_text(SECRETS)
    return manifest(project, cluster, request.param)


def test_a_cluster_accepts_every_object_and_keeps_every_word_of_it(cluster, text):
    documents = list(yaml.safe_load_all(text))
    assert [document["kind"] for document in documents] == KINDS
    # A pod is accepted when its account is there.
    cluster.kubectl("apply", "-f", "-", text=yaml.safe_dump(documents[0]))
    accepted = cluster.objects("apply", "--dry-run=server", "-f", "-", text=text)
    assert list(accepted) == KINDS
    for document in documents:
        assert kept(document, accepted[document["kind"]]) == []
    # Nothing but the account was made.
    assert cluster.kubectl("-n", cluster.namespace, "get", "pod,pvc,networkpolicy", "-o", "name") == ""


def test_it_is_applied_in_one_go_and_a_second_time_changes_nothing(cluster, text):
    first = cluster.kubectl("apply", "-f", "-", text=text).splitlines()
    assert [line.split()[-1] for line in first] == ["created"] * 4, first
    second = cluster.kubectl("apply", "-f", "-", text=text).splitlines()
    assert [line.split()[-1] for line in second] == ["unchanged"] * 4, second
    pod = cluster.objects("-n", cluster.namespace, "get", "pod")["Pod"]
    # The server's defaults add no privilege, no token and no other volume.
    for container in pod["spec"]["initContainers"] + pod["spec"]["containers"]:
        context = container["securityContext"]
        assert "privileged" not in context and context["allowPrivilegeEscalation"] is False
    assert all("serviceAccountToken" not in str(volume) and "secret" not in volume for volume in pod["spec"]["volumes"])
    assert not any(pod["spec"].get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))


@pytest.mark.parametrize("word, instead, complaint", [
    ("hostname: my-web\n", "hostname: my_web-\n", "hostname"),
    ("storage: \"20Gi\"", "storage: \"20GiB\"", "quantit"),
    ("automountServiceAccountToken:", "automountServiceAccountTokens:", "unknown field"),
    ("type: RuntimeDefault", "type: default", "seccompProfile"),
    ("cidr: \"0.0.0.0/0\"", "cidr: \"0.0.0.0\"", "cidr"),
    ("name: memory-2\n          mountPath", "name: memory-3\n          mountPath", "memory-3"),
])
def test_the_server_would_notice_a_wrong_word(project, cluster, word, instead, complaint):
    text = manifest(project, cluster, EVERYTHING)
    assert word in text
    cluster.kubectl("apply", "-f", "-", text=text.split("---\n")[1])
    done = cluster.run("apply", "--dry-run=server", "-f", "-", text=text.replace(word, instead))
    assert done.returncode != 0 and complaint in done.stderr, done
