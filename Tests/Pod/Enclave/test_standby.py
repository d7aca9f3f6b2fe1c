"""The process of the next ghost, which waits before anybody has asked for it."""

import os

from pod import end_process, wait_until


def standby_of(pod):
    return wait_until(lambda: pod.processes_named("tazpod-standby"), "the next ghost's process waits")[0].pid


def test_the_one_that_waits_becomes_the_ghost_and_after_the_lock_there_is_another(native_pod):
    pod = native_pod()
    waiting = standby_of(pod)
    assert sorted(os.listdir(f"/proc/{waiting}/fd")) == ["0", "1", "2", "3"], "it holds nothing but its way to init"
    pod.unlock()
    assert [process.pid for process in pod.processes_named("tazpod-ghost")] == [waiting]
    assert not pod.processes_named("tazpod-standby")
    pod.lock()
    assert standby_of(pod) != waiting


def test_without_one_an_unlock_starts_its_own(native_pod):
    pod = native_pod()
    end_process(standby_of(pod))
    pod.unlock()
    pod.lock()
    pod.unlock()


def test_it_ends_with_its_pod(native_pod):
    pod = native_pod()
    waiting = standby_of(pod)
    pod.run("stop", check=0)
    wait_until(lambda: not os.path.exists(f"/proc/{waiting}"), "the process has ended")
