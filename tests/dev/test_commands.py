"""The command line: exit status 0 done, 1 failed, 2 wrong use; a failure is one sentence that says what to do."""

import os
import subprocess
import sys

from tests.support.databases import Stores
from vitalapp.core.settings import STORES


def vitalapp(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as an operator would."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VITALAPP_")}
    return subprocess.run(
        [sys.executable, "-m", "vitalapp", *arguments],
        env={**clean, **environment},
        check=False,
        capture_output=True,
        text=True,
    )


def migration_dsns(stores: Stores) -> dict[str, str]:
    """What the environment of `vitalapp migrate` names."""
    return {f"VITALAPP_{store.upper()}_MIGRATION_DSN": stores.of(store).migration for store in STORES}


async def test_stores_at_head_need_no_migration(stores: Stores) -> None:
    done = vitalapp("migrate", "--check", **migration_dsns(stores))
    assert (done.returncode, done.stdout) == (0, "identity: at head\nvault: at head\nledger: at head\n")


def test_a_missing_setting_is_one_sentence() -> None:
    done = vitalapp("migrate", "--store", "vault")
    assert done.returncode == 1
    assert done.stderr == (
        "Error: VITALAPP_VAULT_MIGRATION_DSN is missing: it names the vault store by the role that owns its tables.\n"
    )


def test_a_process_without_its_settings_does_not_start() -> None:
    done = vitalapp("serve")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_wrong_use_is_exit_status_two() -> None:
    assert vitalapp("migrate", "--store", "attic").returncode == 2


async def test_the_doctor_says_in_words_what_is_missing(stores: Stores) -> None:
    done = vitalapp("doctor", VITALAPP_IDENTITY_DSN=stores.identity.app)
    assert done.returncode == 1
    assert "VITALAPP_VAULT_DSN is missing" in done.stdout


def test_a_folder_without_a_run_is_named() -> None:
    done = vitalapp("migrate", "--data-dir", "/nonexistent")
    assert done.returncode == 1
    assert "holds no local run" in done.stderr
