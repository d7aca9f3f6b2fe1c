"""What holds for every driver, once more with the vault in memory, where that is another way to it."""

import shutil

import pytest

import test_images_refused
import test_interoperation
import test_isolation
import test_no_means
import test_sessions
import test_vault
import test_wrong_passphrase
from missing import missing
from pod import Pod

# pytest runs what it finds here, with the fixtures that it finds here.
AGAIN = {
    test_images_refused: [
        "test_an_image_cut_in_the_middle_of_its_file_system",
        "test_an_image_that_another_pod_has_open",
        "test_an_image_that_cryptsetup_holds",
        "test_damaged_data_is_refused_without_touching_it",
    ],
    test_no_means: [
        "test_a_new_vault_is_never_left_half_made",
        "test_an_image_on_a_read_only_mount",
        "test_no_new_vault_on_a_read_only_mount",
        "test_no_room_for_a_new_vault",
        "small_disk",
    ],
    test_wrong_passphrase: ["test_a_wrong_passphrase"],
    test_interoperation: [
        "test_a_segment_elsewhere_with_another_vector_opens_here",
        "test_a_vault_made_here_opens_with_stock_tools",
    ],
    test_isolation: [
        "test_no_channel_into_a_ghost_is_open",
        "test_the_mount_tables_and_devices_show_nothing",
    ],
    test_sessions: [
        "test_ctrl_c_at_the_prompt_ends_the_request_and_restores_the_terminal",
        "test_the_last_process_of_the_ghost_ends_it_not_the_first",
        "test_unlock_on_a_terminal_asks_attaches_and_locks_at_the_end",
    ],
    test_vault: [
        "test_a_command_run_by_unlock_passes_its_status_and_locks",
        "test_down_leaves_the_vault_and_nothing_else",
    ],
}
for module, names in AGAIN.items():
    globals().update({name: getattr(module, name) for name in names})


class PodInMemory(Pod):
    def configure(self, text):
        text = text.replace("vault: {", "vault: {driver: ram, ") if "vault: {" in text else text + "vault: {driver: ram}\n"
        super().configure(text)


@pytest.fixture(params=["native"])
def provider(request):
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    return request.param


@pytest.fixture
def make_pod(provider):
    pods = []

    def make(**options):
        pods.append(PodInMemory(provider, **options))
        return pods[-1]

    yield make
    for pod in reversed(pods):
        pod.close()


@pytest.fixture
def native_pod(make_pod):
    return make_pod
