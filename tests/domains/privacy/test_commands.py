"""The operator's commands: retention, key rotation, the register, and erasures after a restore."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from tests.dev.test_commands import vitalapp
from tests.domains.privacy.test_delete_me import delete
from tests.support.application import TravellingClock
from tests.support.databases import Stores
from tests.support.people import People, Person
from vitalapp.core.data_map import load_data_map
from vitalapp.core.keys import KeyFile, new_key_material
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import key_version
from vitalapp.core.settings import STORES, Settings, Store
from vitalapp.domains.privacy.register import make_register, render_register
from vitalapp.domains.privacy.retention import expire
from vitalapp.domains.privacy.rotation import rotate_keys


@pytest.fixture
def with_retention(resources: Resources, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Resources:
    """The worker, told of the retention roles."""
    dsns = {f"{store}_retention_dsn": stores.of(store).retention for store in STORES}
    monkeypatch.setattr(resources, "settings", msgspec.structs.replace(resources.settings, **dsns))
    return resources


async def test_a_clean_store_is_verified_and_what_is_left_is_named(
    traced: Person, operator_environment: dict[str, str], superusers: dict[Store, asyncpg.Connection]
) -> None:
    await delete(traced)
    clean = vitalapp("erasures", "verify", "--json", **operator_environment)
    assert clean.returncode == 0, clean.stderr
    assert json.loads(clean.stdout) == {"is_clean": True, "erased": 1, "unfinished": 0, "residue": {}}

    await superusers["vault"].execute("INSERT INTO persons (person_id, epoch) VALUES ($1, 1)", traced.person_id)
    found = vitalapp("erasures", "verify", "--json", **operator_environment)
    assert found.returncode == 1
    assert json.loads(found.stdout)["residue"] == {"vault.persons.person_id": 1}

    replayed = vitalapp("erasures", "replay", "--json", **operator_environment)
    assert json.loads(replayed.stdout) == {"erasures": 1, "people": {"vault": 1, "identity": 0}}
    assert vitalapp("erasures", "verify", **operator_environment).returncode == 0


async def test_every_rule_of_the_data_map_is_carried_out_and_a_dry_run_only_counts(
    traced: Person, with_retention: Resources, clock: TravellingClock, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: S1-10, every table with a term."""
    as_of = clock() + timedelta(days=200)
    would_go = await expire(with_retention, as_of=as_of, is_dry_run=True)
    assert would_go["identity.sessions"] == 2
    assert await superusers["identity"].fetchval("SELECT count(*) FROM sessions") == 2

    gone = await expire(with_retention, as_of=as_of)

    assert gone["identity.sessions"] == 2
    assert await superusers["identity"].fetchval("SELECT count(*) FROM sessions") == 0
    assert gone.keys() == {f"{t.store}.{t.name}" for t in load_data_map().tables if t.retention or t.kept}
    assert sum((await expire(with_retention, as_of=as_of)).values()) == 0


async def test_the_register_and_the_log_outlive_the_person_for_five_years_and_no_longer(
    traced: Person, with_retention: Resources, clock: TravellingClock, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: C4; GDPR 17(3)."""
    await delete(traced)
    lines, events = "SELECT count(*) FROM access_log", "SELECT count(*) FROM consent_events"
    assert await superusers["vault"].fetchval(lines) > 0

    await expire(with_retention, as_of=clock() + timedelta(days=5 * 365 - 1))
    assert await superusers["vault"].fetchval(lines) > 0
    assert await superusers["identity"].fetchval(events) == 4

    await expire(with_retention, as_of=clock() + timedelta(days=5 * 366))
    assert await superusers["vault"].fetchval(lines) == 0
    assert await superusers["identity"].fetchval(events) == 0


async def test_a_consent_that_still_holds_is_kept_however_old_it_is(
    traced: Person, with_retention: Resources, clock: TravellingClock, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: GDPR 7(1)."""
    await traced.put("/v1/consent/purposes/newsletter", json={"is_granted": False})

    await expire(with_retention, as_of=clock() + timedelta(days=9 * 365))

    rows = await superusers["identity"].fetch("SELECT purpose FROM consent_events")
    assert [row["purpose"] for row in rows] == ["wellbeing_service"]


async def test_retention_by_command_refuses_the_future_outside_the_local_run(operator_environment: dict[str, str]) -> None:
    production = operator_environment | {"VITALAPP_IS_LOCAL_RUN": "false", "VITALAPP_PASSWORD_MEMORY_KIB": "19456"}
    refused = vitalapp("retention", "--as-of", "2099-01-01", **production)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert vitalapp("retention", "--as-of", "2099-01-01", "--dry-run", "--json", **production).returncode == 0


async def test_rotation_wraps_every_key_anew_while_everything_runs(
    traced: Person, people: People, session_resources: dict[str, Resources], superusers: dict[Store, asyncpg.Connection]
) -> None:
    resources = session_resources["worker"]
    wrapped = "SELECT wrapped_data_key FROM accounts WHERE account_id = $1"
    before: bytes = await superusers["identity"].fetchval(wrapped, traced.account_id)
    progress: list[int] = []

    version, count = await rotate_keys(resources, on_progress=progress.append)

    after: bytes = await superusers["identity"].fetchval(wrapped, traced.account_id)
    assert key_version(after) == version == key_version(before) + 1
    assert count == sum(progress) >= 1
    again = await people.device_of(traced.account_id, traced.email)
    for device in (traced, again):
        texts = [entry["text"] for entry in (await device.get("/v1/diary/entries")).json()["items"]]
        assert sorted(texts) == ["canary 0", "canary 1", "canary 2"]
    assert session_resources["app"].keys.material.current == version


async def test_every_wrapped_key_is_known_to_the_rotation() -> None:
    wrapping = [table for table in load_data_map().tables if "wrapped_data_key" in table.columns]
    assert len(wrapping) >= 2
    assert all(table.store == "identity" and table.data_key_owner in table.columns for table in wrapping)


def test_an_unknown_key_version_is_asked_for_once_a_second_at_most(tmp_path: Any) -> None:
    from vitalapp.core.keys import KeyRing
    from vitalapp.core.sealing import SealBroken

    class Counting(KeyFile):
        asked = 0

        def load(self) -> Any:
            self.asked += 1
            return super().load()

    key_file = Counting(tmp_path / "kek.json")
    key_file.save(new_key_material())
    ring = KeyRing.of(key_file)
    for _ in range(50):
        with pytest.raises(SealBroken):
            ring.wrapping_key(99)
    assert key_file.asked == 2


def test_the_register_names_every_category_and_every_table_of_people(session_settings: Settings) -> None:
    """Rule: GDPR 30(1); S0-12."""
    register = make_register(load_data_map(), session_settings)

    assert [activity["category"] for activity in register["activities"]] == list(load_data_map().categories)
    listed = {f"{table['store']}.{table['table']}" for activity in register["activities"] for table in activity["tables"]}
    assert listed >= {f"{table.store}.{table.name}" for table in load_data_map().tables if table.subject and table.category}
    assert register["controller"]["name"]
    rendered = render_register(register)
    assert all(f"## {key}" in rendered for key in load_data_map().categories)


@pytest.mark.parametrize("form", ["md", "json"])
def test_the_register_is_printed(form: str, operator_environment: dict[str, str]) -> None:
    printed = vitalapp("register", "--format", form, **operator_environment)
    assert printed.returncode == 0, printed.stderr
    assert ("activities" in json.loads(printed.stdout)) if form == "json" else printed.stdout.startswith("# Register")
