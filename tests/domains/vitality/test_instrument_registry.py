"""Definition files: complete, licensed and scored right, or refused with a sentence that says why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vitalapp.domains.vitality.definitions import DefinitionError
from vitalapp.domains.vitality.instrument_registry import OWN_INSTRUMENTS, load_definition, load_instruments

Document = dict[str, Any]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes our own definition with some of its parts replaced, or left out where the part is None."""
    own = json.loads((OWN_INSTRUMENTS / "vitality-1.0.0.json").read_text())

    def write_definition(**parts: Any) -> Path:
        document = {name: part for name, part in {**own, **parts}.items() if part is not None}
        path = tmp_path / f"{document.get('key')}-{document.get('version')}.json"
        path.write_text(json.dumps(document))
        return path

    return write_definition


def test_our_own_instrument_has_21_items_over_7_dimensions_in_two_languages() -> None:
    own = load_instruments(None).find_current("vitality")
    assert own is not None
    keys = [dimension.key for dimension in own.dimensions]
    assert keys == ["energy", "sleep", "recovery", "focus", "connection", "meaning", "movement"]
    assert [len(own.items_of(dimension)) for dimension in own.dimensions] == [3] * 7
    assert all(sum(item.is_reverse for item in own.items_of(dimension)) == 1 for dimension in own.dimensions)
    assert len({item.text["nl"] for item in own.items} | {item.text["en"] for item in own.items}) == 42


@pytest.mark.parametrize("licence", [None, "", "  "])
def test_a_definition_without_a_licence_is_refused(write: Callable[..., Path], licence: str | None) -> None:
    with pytest.raises(DefinitionError, match="licence"):
        load_definition(write(licence=licence))


def test_a_definition_without_test_vectors_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DefinitionError, match="no test vectors"):
        load_definition(write(vectors=[]))


def test_an_unknown_field_is_refused(write: Callable[..., Path]) -> None:
    with pytest.raises(DefinitionError, match="unknown field `licenze`"):
        load_definition(write(licenze="EUPL-1.2"))


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"required_dimensions": 8}, "required_dimensions"),
        ({"items": []}, "requires more answers than it has items"),
        ({"scales": {}}, "the scale of item energy_start does not exist"),
        ({"dimensions": []}, "required_dimensions is more than its dimensions"),
        ({"title": {"nl": "Alleen Nederlands"}}, "every text must be there"),
        ({"scales": {"frequency": {"min": 5, "max": 1, "labels": {"nl": [], "en": []}}}}, "ends before it begins"),
        ({"scales": {"frequency": {"min": 1, "max": 2, "labels": {"nl": ["a"], "en": ["a"]}}}}, "one label"),
        ({"version": "one"}, "version"),
    ],
)
def test_a_definition_whose_parts_do_not_fit_is_refused(write: Callable[..., Path], parts: Document, fault: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        load_definition(write(**parts))
    assert fault in str(refused.value)


def test_a_licensee_adds_instruments_beside_ours_and_the_newest_version_is_offered(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    for version in ("1.9.0", "1.10.0"):
        write(key="own", version=version)
    instruments = load_instruments(tmp_path)
    assert [(offered.key, offered.version) for offered in instruments.current] == [("own", "1.10.0"), ("vitality", "1.0.0")]
    assert instruments.find("own", "1.9.0") is not None


def test_a_licensee_cannot_replace_a_version_of_ours(write: Callable[..., Path], tmp_path: Path) -> None:
    write(licence="mine")
    with pytest.raises(DefinitionError, match="same key and version"):
        load_instruments(tmp_path)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{")
    with pytest.raises(DefinitionError, match=r"broken\.json is no instrument definition"):
        load_definition(path)
