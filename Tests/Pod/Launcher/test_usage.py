"""A wrong file, a wrong command line, and no pod: one sentence, and the contract's exit code."""

import pytest

PROVIDER, PROJECT, USAGE = 4, 3, 2


@pytest.mark.parametrize("config, words", [
    ("vault: {size: 5}\n", ["config.yaml:2:15", "512MiB"]),
    ("vualt: {size: 64MiB}\n", ["config.yaml:2:1", "vualt", "write vault"]),
    ("name: a\nname: b\n", ["config.yaml:3:1", "twice"]),
    ("name: [\n", ["config.yaml:"]),
    ("bridges: [../x]\n", ["config.yaml:2:11", ".."]),
    ("ports: [99999]\n", ["config.yaml:2:9", "9000:8372"]),
    ("provider: dokcer\n", ["config.yaml:2:11", "docker"]),
])
def test_a_wrong_config_names_file_line_and_remedy(make_pod, config, words):
    pod = make_pod(config=config)
    result = pod.run("up", "--provider", pod.provider)
    assert result.status == PROJECT, result
    assert len(result.errors.strip().splitlines()) == 1
    for word in words:
        assert word in result.errors


@pytest.mark.parametrize("arguments", [["exec"], ["unlock", "--detach", "--", "ls"], ["up", "--wait", "0"], ["frobnicate"]])
def test_a_wrong_command_line_is_usage(make_pod, arguments):
    assert make_pod().run(*arguments).status == USAGE


@pytest.mark.parametrize("arguments", [["enter"], ["unlock", "--detach"], ["exec", "--", "ls"], ["sessions"], ["lock"]])
def test_without_a_pod_verbs_say_so(make_pod, arguments):
    result = make_pod().run(*arguments)
    assert (result.status, len(result.errors.splitlines())) == (PROVIDER, 1), result
    assert "tazpod up" in result.errors
