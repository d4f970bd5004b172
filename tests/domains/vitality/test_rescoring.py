"""Old results stay as they were: a history scored again equals itself, whatever became of the definitions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given

from tests.domains.vitality.test_scoring import answered
from tests.domains.vitality.vitality_steps import MEASUREMENTS, TREND, measured
from tests.support.people import People
from vitalapp.core.sealing import PersonKey
from vitalapp.domains.vitality import instruments
from vitalapp.domains.vitality.definitions import Answers, Definition
from vitalapp.domains.vitality.instrument_registry import OWN_INSTRUMENTS, Instruments, load_instruments
from vitalapp.domains.vitality.schemas import MeasurementInput
from vitalapp.domains.vitality.scoring import score
from vitalapp.domains.vitality.service import open_measurement, score_measurement, seal_content


@given(answered())
def test_a_measurement_that_was_sealed_and_scored_again_equals_itself(case: tuple[Definition, Answers]) -> None:
    definition, answers = case
    given_answers = MeasurementInput(instrument=definition.key, instrument_version=definition.version, answers=answers)
    measurement = score_measurement(
        Instruments([definition]), given_answers, measurement_id=uuid4(), now=datetime(2026, 1, 1, tzinfo=UTC)
    )
    key = PersonKey(uuid4(), bytes(32))
    row: Any = {
        "measurement_id": measurement.id,
        "measured_at": measurement.measured_at,
        "content_sealed": seal_content(key, measurement),
    }
    opened = open_measurement(key, row)
    assert opened == measurement
    again = score(definition, opened.answers)
    assert (again.scores, again.overall) == (opened.scores, opened.overall)


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Instruments], None]:
    """Replaces the instruments of the running process."""

    def replace(definitions: Instruments) -> None:
        def instruments_in(_directory: Path | None) -> Instruments:
            return definitions

        monkeypatch.setattr(instruments, "instruments_in", instruments_in)

    return replace


async def test_results_are_byte_identical_after_the_instrument_changed_or_went(
    people: People, offer: Callable[[Instruments], None]
) -> None:
    person = await people.signed_in()
    made = await measured(person)
    paths = [f"{MEASUREMENTS}/{made['id']}", MEASUREMENTS, f"{TREND}?dimension=energy"]
    before = [(await person.get(path)).content for path in paths]
    ours = load_instruments(None).current[0]
    turned = tuple(msgspec.structs.replace(item, is_reverse=not item.is_reverse) for item in ours.items)
    offer(Instruments([ours, msgspec.structs.replace(ours, version="2.0.0", items=turned)]))
    assert [(await person.get(path)).content for path in paths] == before
    offer(Instruments([msgspec.structs.replace(ours, version="2.0.0", items=turned)]))
    assert [(await person.get(path)).content for path in paths] == before


async def test_an_app_that_was_offline_hands_in_the_version_it_knows(
    people: People, offer: Callable[[Instruments], None]
) -> None:
    person = await people.signed_in()
    ours = load_instruments(None).current[0]
    offer(Instruments([ours, msgspec.structs.replace(ours, version="2.0.0")]))
    assert (await measured(person))["instrument_version"] == "1.0.0"
    listed = (await person.get("/v1/vitality/instruments")).json()["items"]
    assert [item["version"] for item in listed] == ["2.0.0"]


def test_our_definition_files_are_named_after_key_and_version(tmp_path: Path) -> None:
    for path in OWN_INSTRUMENTS.glob("*.json"):
        document = json.loads(path.read_text())
        assert path.name == f"{document['key']}-{document['version']}.json"
