"""What holds for a pod that root started, once more for one of a user who is not root, where that is another way to it."""


import pytest

import test_elsewhere
import test_isolation
import test_keyring
import test_kills
import test_launcher
import test_proof
import test_sessions
import test_terminals
import test_vault
import test_vault_header
from user import UserPod

# pytest runs what it finds here, with the fixtures that it finds here.
AGAIN = {
    test_elsewhere: ["test_no_process_outside_of_the_ghost_shows_a_secret"],
    test_isolation: [
        "test_an_attacker_that_was_there_before_sees_nothing_appear",
        "test_no_channel_into_a_ghost_is_open",
        "test_root_without_capabilities_gets_nothing",
        "test_the_image_is_out_of_the_public_areas_reach",
        "test_the_mount_tables_and_devices_show_nothing",
        "test_were_root_the_owner_of_the_namespace_bare_root_would_get_in",
        "test_without_the_user_namespace_an_early_attacker_gets_in",
        "test_without_the_user_namespace_the_same_channels_are_open",
    ],
    test_keyring: ["test_the_keys_of_the_hosts_session_are_not_the_pods"],
    test_kills: ["test_stopping_the_pod_locks_first"],
    test_launcher: [
        "test_a_changed_config_is_said_by_up_and_changes_nothing",
        "test_a_dry_run_prints_the_plan_and_starts_nothing",
        "test_a_ghosts_verbs_on_a_locked_vault_say_so",
        "test_a_public_file_is_the_projects_and_belongs_to_its_owner",
        "test_down_locks_an_open_vault_first",
        "test_down_with_purge_asks_for_the_projects_name",
        "test_logs_follow_until_they_are_interrupted",
        "test_logs_show_what_the_first_process_said",
        "test_standard_input_output_and_errors_stay_apart",
        "test_status_list_and_sessions_have_their_json",
        "test_the_environment_of_the_config_reaches_both_areas",
        "test_the_pods_first_process_is_stopped_by_the_providers_own_means",
        "test_the_status_of_a_command_is_passed_in_the_public_area_and_in_the_ghost",
        "test_two_projects_with_one_folder_name_are_two_pods",
        "test_verbs_that_need_a_running_pod_say_what_to_do_and_end_with_4",
    ],
    test_proof: [
        "test_attaching_takes_proof",
        "test_a_token_is_rotated_at_each_unlock",
    ],
    test_sessions: [
        "test_a_dropped_exec_leaves_the_session_alive",
        "test_a_resize_reaches_the_shell",
        "test_a_signal_to_exec_reaches_the_command",
        "test_a_token_is_the_hosts_alone",
        "test_two_terminals_share_a_ghost_and_a_third_is_public",
        "test_unlock_on_a_terminal_asks_attaches_and_locks_at_the_end",
    ],
    test_terminals: ["test_the_ghosts_terminal_cannot_be_opened"],
    test_vault: [
        "test_a_command_run_by_unlock_passes_its_status_and_locks",
        "test_a_new_vault_keeps_what_a_ghost_wrote",
        "test_down_leaves_the_vault_and_nothing_else",
        "test_the_public_area_is_not_the_ghost",
        "test_up_is_idempotent",
    ],
    test_vault_header: [
        "test_a_backup_goes_through_a_pipe",
        "test_a_destroyed_header_is_restored",
        "test_the_public_area_gets_no_header_and_restores_none",
    ],
}
for module, names in AGAIN.items():
    globals().update({name: getattr(module, name) for name in names})


@pytest.fixture
def provider():
    return "native"


@pytest.fixture
def make_pod(user, user_programs):
    pods = []

    def make(programs=user_programs, **options):
        pods.append(UserPod(user, programs=programs, **options))
        return pods[-1]

    yield make
    for pod in reversed(pods):
        pod.close()


@pytest.fixture
def native_pod(make_pod):
    def make(**options):
        pod = make_pod(**options)
        pod.use_quick_vault()
        return pod.up()

    return make
