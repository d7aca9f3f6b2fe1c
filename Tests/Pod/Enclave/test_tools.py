"""A developer's tools at work in a ghost, under its filter."""

import shutil

import pytest

from missing import missing
from pod import Pod


@pytest.fixture(scope="module", params=["native"])
def ghost(request):
    """One open ghost for all of them. Under native the host's own tools are in the pod; an image has few of them."""
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    pod = Pod(request.param)
    request.addfinalizer(pod.close)
    pod.use_quick_vault()
    pod.up().unlock()
    return pod


def run(pod, script, *tools):
    """Runs `script` in a fresh folder of the vault; its output."""
    for tool in tools:
        if shutil.which(tool, path="/usr/bin:/bin:/usr/sbin:/sbin") is None:
            missing(f"{tool} is not installed")
    environment = "export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8; cd $(mktemp -d -p ~/secrets) || exit 1"
    result = pod.ghost(f"{environment}\n{script}", timeout=120)
    assert result.status == 0, result
    return result.output


def test_bash_controls_its_jobs(ghost):
    script = """
        set -m
        sleep 30 & kill -STOP %1; sleep 0.1; jobs; kill -CONT %1; jobs; kill %1; wait %1
        echo "ended $?"; (sleep 0.1; echo background) & fg %+ ; cat <(echo substituted)"""
    output = run(ghost, f"cat > script <<'END'\n{script}\nEND\nbash script", "bash")
    for word in ("Stopped", "Running", "ended 143", "background", "substituted"):
        assert word in output


def test_tmux_has_windows_and_panes(ghost):
    script = """
        tmux -L test new-session -d -s one 'sleep 30'; tmux -L test split-window -t one 'sleep 30'
        tmux -L test new-window -t one 'sleep 30'; tmux -L test list-panes -s -t one | wc -l; tmux -L test kill-server"""
    assert run(ghost, script, "tmux").strip() == "3"


def test_make_and_gcc_build_a_program_with_threads_that_runs(ghost):
    script = r"""
        cat > a.c <<'END'
#include <pthread.h>
#include <stdio.h>
static void *run(void *text) { puts(text); return 0; }
int main(void) { pthread_t t; return pthread_create(&t, 0, run, "from a thread") || pthread_join(t, 0); }
END
        printf 'all: a1 a2\na%%: a.c\n\tgcc -O2 -o $@ a.c -pthread\n' > Makefile
        make -j2 >/dev/null && ./a1 && ./a2"""
    assert run(ghost, script, "gcc", "make") == "from a thread\n" * 2


def test_git_commits_packs_and_clones(ghost):
    script = """
        git init -q work && cd work && git config user.email a@example.org && git config user.name A
        for i in $(seq 40); do echo $i > $i; done; git add . && git commit -q -m first && git gc -q
        cd .. && git clone -q work local && git clone -q "file://$PWD/work" remote && git -C remote log --format=%s && ls remote | wc -l"""
    assert run(ghost, script, "git").split() == ["first", "40"]


def test_ssh_logs_in_to_a_server_on_the_loopback(ghost):
    script = r"""
        ssh-keygen -q -t ed25519 -N '' -f key; ssh-keygen -q -t ed25519 -N '' -f host; cp key.pub authorized
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        printf '%s\n' "Port $port" "ListenAddress 127.0.0.1" "HostKey $PWD/host" "AuthorizedKeysFile $PWD/authorized" \
            "PidFile $PWD/pid" "StrictModes no" "UsePAM no" > config
        $(command -v sshd) -f "$PWD/config" -E "$PWD/log" || { cat log; exit 1; }
        eval $(ssh-agent) >/dev/null; ssh-add -q key
        ssh -p $port -o StrictHostKeyChecking=no -o UserKnownHostsFile=known -o LogLevel=ERROR -o BatchMode=yes 127.0.0.1 'echo over ssh' \
            || { cat log; exit 1; }
        ssh-agent -k >/dev/null; kill $(cat pid)"""
    assert run(ghost, script, "ssh", "sshd", "ssh-keygen", "ssh-agent", "python3") == "over ssh\n"


def test_neovim_edits_runs_jobs_and_has_terminals(ghost):
    script = """
        echo hello > file
        nvim --headless -u NONE file -c 'call setline(1, "edited")' -c 'set undofile undodir=.' -c write \
            -c 'call jobwait([jobstart(["touch", "job"])])' -c 'terminal touch terminal' -c 'sleep 300m' -c 'qall!' 2>/dev/null
        cat file; ls job terminal"""
    assert run(ghost, script, "nvim").split() == ["edited", "job", "terminal"]


NODE = """
const { Worker } = require("worker_threads");
const http = require("http");
const server = http.createServer((request, response) => response.end("served")).listen(0, "127.0.0.1", () =>
  http.get({ port: server.address().port }, (response) => {
    response.on("data", (data) => console.log(String(data)));
    response.on("end", () => {
      server.close();
      const worker = new Worker('require("worker_threads").parentPort.postMessage("threaded")', { eval: true });
      worker.on("message", (text) => {
        console.log(text);
        console.log(require("child_process").execFileSync("echo", ["spawned"]).toString().trim());
        require("zlib").gzip("x", () => console.log("pooled"));
      });
    });
  }));
"""


def test_node_serves_and_has_worker_threads_and_children(ghost):
    output = run(ghost, f"cat > a.js <<'END'\n{NODE}\nEND\nnode a.js", "node")
    assert output.split() == ["served", "threaded", "spawned", "pooled"]


PYTHON = """
import asyncio, multiprocessing, sqlite3, subprocess, threading
from multiprocessing import shared_memory

def square(number):
    return number * number

async def talk():
    async def answer(reader, writer):
        writer.write(await reader.readline())
        writer.close()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"echoed\\n")
    print((await reader.readline()).decode().strip())
    writer.close()
    server.close()
    process = await asyncio.create_subprocess_exec("echo", "awaited", stdout=subprocess.PIPE)
    print((await process.communicate())[0].decode().strip())

if __name__ == "__main__":
    thread = threading.Thread(target=print, args=("threaded",))
    thread.start(); thread.join()
    print(subprocess.run(["echo", "spawned"], capture_output=True, text=True).stdout.strip())
    asyncio.run(talk())
    for way in ("fork", "spawn"):
        with multiprocessing.get_context(way).Pool(2) as pool:
            print(sum(pool.map(square, range(4))))
    memory = shared_memory.SharedMemory(create=True, size=10); memory.close(); memory.unlink()
    queue = multiprocessing.Queue(); queue.put("queued"); print(queue.get())
    base = sqlite3.connect("base"); base.execute("pragma journal_mode=wal"); base.execute("create table t (a)"); base.commit()
"""


def test_python_has_threads_processes_and_sockets(ghost):
    output = run(ghost, f"cat > a.py <<'END'\n{PYTHON}\nEND\npython3 a.py", "python3")
    assert output.split() == ["threaded", "spawned", "echoed", "awaited", "14", "14", "queued"]


def test_strace_traces_a_process_of_the_ghost(ghost):
    assert "execve" in run(ghost, "strace -o log true && cat log", "strace")
