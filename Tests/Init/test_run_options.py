"""The command line: of our own, and of the programs by whose name we were started."""

import os
import subprocess

import pytest

from inits import OURS, STAND_INS, WAIT, Init, folder, probe, run, state

TINI, DUMB_INIT, CATATONIT = STAND_INS


@pytest.fixture(params=OURS, ids=str)
def init(request):
    return request.param


def said(init, *words, **more):
    """The status, and what was said on standard output and standard error, without any `--`."""
    done = subprocess.run([init.path, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT, check=False, **more)
    return done.returncode, done.stdout, done.stderr


WRONG = [
    (["-x", "true"], "there is no option -x"),
    (["--no-such"], "there is no option --no-such"),
    (["--session=yes", "true"], "there is no option --session=yes"),
    (["-g"], "a command is missing after the options"),
    (["--"], "a command is missing after the options"),
    (["-P", "true"], "--pause takes no command"),
    (["-p", "NONE", "true"], "-p takes a signal's name or number, not NONE"),
    (["-e", "256", "true"], "-e takes an exit status from 0 to 255, not 256"),
    (["-e"], "-e needs a value"),
    (["-r", "", "true"], "-r takes two signals, as 15:2 or TERM:INT, and 0 for none, not "),
    (["--rewrite", "herp", "true"], "--rewrite takes two signals, as 15:2 or TERM:INT, and 0 for none, not herp"),
    (["-r", "15:65", "true"], "not 15:65"), (["-r", "0:15", "true"], "not 0:15"), (["-r", "RTMAX+1:2", "true"], "not RTMAX+1:2"),
    (["-r", "RTMIN-1:2", "true"], "not RTMIN-1:2"), (["-r", "RTMIN3:2", "true"], "not RTMIN3:2"),
]


@pytest.mark.parametrize("words, sentence", WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_command_line_is_told_and_runs_nothing(init, words, sentence):
    status, output, errors = said(init, *words)
    assert (status, output) == (1, "")
    assert sentence in errors and errors.endswith("; see tazpod-init --help\n")


# dumb-init's own list of what -r does not take; but for 1:32, which is a real-time signal to us.
@pytest.mark.parametrize(
    "words",
    [["-r"], ["-r", ""], ["-r", "herp"], ["-r", "herp:derp"], ["-r", "15"], ["-r", "15::12"], ["-r", "15:derp"], ["-r", "15:12", "-r"],
     ["-r", "15:12", "-r", "0"], ["-r", "15:12", "-r", "1:65"]], ids=" ".join)
def test_as_dumb_init_malformed_rewrites_are_refused(words):
    status, output, errors = said(DUMB_INIT, *words, "true")
    assert (status, output) == (1, "") and "see dumb-init --help" in errors


@pytest.mark.parametrize("init", STAND_INS, ids=str)
def test_under_a_peers_name_no_arguments_are_an_error(init):
    assert said(init) == (1, "", f"tazpod-init: a command is missing after the options; see {init.name} --help\n")


@pytest.mark.parametrize("init", [*OURS, *STAND_INS], ids=str)
@pytest.mark.parametrize("word", ["-h", "--help"])
def test_the_help_tells_every_option_that_is_taken(init, word):
    status, output, errors = said(init, word)
    assert (status, errors) == (0, "")
    values = {"-r, --rewrite S:R": "15:2", "-p SIGNAL": "TERM", "-e CODE": "1"}
    rows = [line[2:].split("   ")[0].strip() for line in output.splitlines() if line.startswith("  -")]
    assert len(rows) >= 5
    for row in rows:
        for name in row.split(", "):
            name = name.split(" ")[0]
            value = [values[row]] if row in values else []
            errors = said(init, name, *value, "--", "/no/such/command")[2]
            assert "there is no option" not in errors, row


@pytest.mark.parametrize(
    "init, text",
    [(TINI, "tini version 0.19.0 (tazpod-init "), (DUMB_INIT, "dumb-init v1.2.5 (tazpod-init "),
     (CATATONIT, "tini version 0.2.1_catatonit (tazpod-init "), (OURS[0], "tazpod-init ")], ids=str)
def test_the_version_names_what_it_stands_in_for_and_what_it_is(init, text):
    status, output, errors = said(init, "--version")
    assert (status, errors) == (0, "") and output.startswith(text) and output.count("\n") == 1


@pytest.mark.parametrize("name", ["tini-static", "docker-init"])
def test_tini_has_other_names(name):
    assert said(Init(name, "tini", "embedded", True), "--version")[1].startswith("tini version ")


@pytest.mark.parametrize(
    "init, words, environment",
    [(DUMB_INIT, ["-c"], {}), (DUMB_INIT, ["--single-child"], {}), (DUMB_INIT, [], {"DUMB_INIT_SETSID": "0"}), (OURS[0], ["--session", "-c"], {}),
     (OURS[0], [], {"DUMB_INIT_SETSID": "1"})], ids=str)
def test_a_single_child_has_no_session_of_its_own(init, words, environment):
    told = state(init, options=words, env=dict(os.environ, **environment))
    assert told["session"] != told["pid"] == told["group"]


@pytest.mark.parametrize("environment", [{}, {"DUMB_INIT_SETSID": "1"}, {"DUMB_INIT_SETSID": ""}], ids=str)
def test_as_dumb_init_a_session_is_the_default(environment):
    told = state(DUMB_INIT, env=dict(os.environ, **environment))
    assert told["session"] == told["pid"]


@pytest.mark.parametrize(
    "init, words, environment, talks",
    [(DUMB_INIT, ["-v"], {}, True), (DUMB_INIT, ["--verbose"], {}, True), (DUMB_INIT, [], {"DUMB_INIT_DEBUG": "1"}, True),
     (DUMB_INIT, [], {"DUMB_INIT_DEBUG": "0"}, False), (CATATONIT, [], {"CATATONIT_DEBUG": ""}, True), (CATATONIT, [], {}, False),
     (TINI, ["-v"], {}, True), (TINI, [], {"TINI_VERBOSITY": "2"}, True), (TINI, ["-v"], {"TINI_VERBOSITY": "0"}, False),
     (OURS[0], ["-v"], {}, True), (OURS[0], [], {"DUMB_INIT_DEBUG": "1", "CATATONIT_DEBUG": "1"}, False)], ids=str)
def test_what_is_done_is_told_on_standard_error_when_asked(init, words, environment, talks):
    done = run(init, "echo", "mine", options=words, env=dict(os.environ, **environment))
    assert (done.status, done.output) == (0, "mine\n")
    assert ("echo runs with pid=2" in done.errors) == talks


@pytest.mark.parametrize("text", ["", "-1", "loud"])
def test_a_verbosity_that_is_no_number_is_refused(init, text):
    status, _, errors = said(init, "true", env=dict(os.environ, TINI_VERBOSITY=text))
    assert status == 1 and f"TINI_VERBOSITY is {text};" in errors


@pytest.mark.parametrize("variable, option", [("TINI_SUBREAPER", "-s"), ("TINI_KILL_PROCESS_GROUP", "-g")])
@pytest.mark.parametrize("value", ["", "0", "1"])
def test_tinis_variables_count_when_they_are_set_to_anything(init, variable, option, value):
    words = {"TINI_SUBREAPER": "zombie reaping won't work", "TINI_KILL_PROCESS_GROUP": "goes on as"}
    if option == "-s":
        done = run(init, "true", below="under", env=dict(os.environ, **{variable: value}))
        assert words[variable] not in done.errors
    else:
        # What the shell starts after the trap ignores the signal, so that it does not end the wait.
        shell = f"{probe('command')} signals & trap '' USR1; sleep 0.3; kill -USR1 1; sleep 0.5"
        done = run(init, "sh", "-c", shell, env=dict(os.environ, **{variable: value}))
        assert "10 0" in done.output


def test_not_being_pid_1_is_warned_of_unless_told_to_be_quiet(init):
    warning = "zombie reaping won't work"
    assert warning in run(init, "true", below="under").errors
    assert run(init, "true").errors == ""
    assert run(init, "true", below="under", env=dict(os.environ, TINI_VERBOSITY="0")).errors == ""
    for options in (["-s"], ["--wait-all"]):
        assert run(init, "true", below="under", options=options).errors == ""


@pytest.mark.parametrize("name", ["-s", "--version", "-P", "--", "-h", "--probe"])
def test_programs_may_be_named_like_options(init, name, tmp_path):
    # A link: a script that was just written may still be open for writing in a process that another thread forked.
    (tmp_path / name).symlink_to("/usr/bin/echo")
    done = run(init, name, "-g", "--help", wrapper=("env", f"PATH={tmp_path}:/usr/bin:/bin"))
    assert (done.status, done.output) == (0, "-g --help\n")


def test_options_end_at_the_first_word_that_is_none(init):
    status, output, _ = said(init, "-s", "sh", "-c", "echo $0 $*", "-g", "--version", "-h")
    assert (status, output) == (0, "-g --version -h\n")


@pytest.mark.parametrize("words", [["-sgw"], ["-se", "7"], ["-se7"], ["-sr15:2"], ["-s", "--rewrite=TERM:INT"], ["-spTERM"]], ids=" ".join)
def test_letters_may_be_joined_with_each_other_and_with_a_value(init, words):
    assert said(init, *words, "--", "true") == (0, "", "")


def test_words_and_variables_need_not_be_utf_8(init):
    word = b"\xff\xfe=\x80"
    done = subprocess.run(
        [init.path, "-s", "--", probe("command"), "state", word], env={b"A": word}, stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT,
        check=True)
    assert b"[" + word + b"]" in done.stdout and b"environment A=" + word + b"\n" in done.stdout


def test_without_any_argument_not_even_its_name_it_does_not_take_the_environment_for_words(init):
    # An empty list becomes one empty word in newer kernels: a workspace would be supervised, and this is none to do it in.
    starter = folder() / "no-words"
    if not starter.exists():
        source = folder() / "no-words.c"
        source.write_text("#include <unistd.h>\nint main(int n, char **w) { char *none[] = {0}; return execve(w[n - 1], none, none); }\n")
        subprocess.run(["gcc", "-static", "-o", str(starter), str(source)], check=True, timeout=WAIT, stderr=subprocess.DEVNULL)
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--kill-child", "--mount", "sh", "-c",
         f"mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /etc && exec {starter} {init.path}"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT, check=False)
    # It went on to supervise, and found no account to do it for.
    assert b"cannot read /etc/passwd" in done.stderr and b"cannot run" not in done.stderr
