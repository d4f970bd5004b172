"""Instruments as FHIR R4 Questionnaires: valid going out, equal coming back, also by the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fhirclient.models.questionnaire import Questionnaire
from hypothesis import given

from tests.domains.vitality.test_scoring import definitions
from vitalapp.domains.vitality.commands import instruments
from vitalapp.domains.vitality.definitions import Definition, DefinitionError
from vitalapp.domains.vitality.fhir import from_questionnaire, to_questionnaire
from vitalapp.domains.vitality.instrument_registry import load_definition, load_instruments

OURS = load_instruments(None).current[0]

FOREIGN: dict[str, Any] = {
    "resourceType": "Questionnaire",
    "language": "en",
    "url": "https://example.org/fhir/Questionnaire/Calm",
    "version": "2.1",
    "status": "active",
    "title": "Calm",
    "description": "Two statements.",
    "copyright": "CC-BY-4.0",
    "item": [
        {
            "linkId": "calm",
            "type": "group",
            "text": "Calm",
            "item": [
                {
                    "linkId": f"calm_{number}",
                    "type": "choice",
                    "text": f"Statement {number}",
                    "answerOption": [
                        {"valueCoding": {"code": str(value), "display": f"Label {value}"}} for value in range(7)
                    ],
                }
                for number in (1, 2)
            ],
        }
    ],
}
VECTORS = [{"name": "highest", "answers": {"calm_1": 6, "calm_2": 6}, "scores": {"calm": 100}, "overall": 100}]


def test_our_instrument_is_a_valid_questionnaire() -> None:
    exported = to_questionnaire(OURS)
    assert Questionnaire(exported, strict=True).as_json()["version"] == exported["version"]
    assert [len(group["item"]) for group in exported["item"]] == [3] * 7
    assert exported["copyright"] == "EUPL-1.2"


@given(definitions())
def test_what_is_exported_comes_back_equal(definition: Definition) -> None:
    used = {item.scale for item in definition.items}
    definition = Definition(
        **{name: getattr(definition, name) for name in definition.__struct_fields__ if name != "scales"},
        scales={key: scale for key, scale in definition.scales.items() if key in used},
    )
    exported = to_questionnaire(definition)
    assert from_questionnaire(json.loads(json.dumps(exported))) == definition
    assert Questionnaire(exported, strict=True).as_json()["version"] == exported["version"]


def test_a_questionnaire_from_elsewhere_is_taken_with_plain_rules() -> None:
    definition = from_questionnaire(FOREIGN)
    assert (definition.key, definition.version, definition.licence) == ("calm", "2.1", "CC-BY-4.0")
    assert definition.dimensions[0].required == 2
    assert not any(item.is_reverse for item in definition.items)
    assert definition.title == {"nl": "Calm", "en": "Calm"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"resourceType": "Patient"},
        {**FOREIGN, "item": [{"linkId": "free", "type": "text", "text": "Say more"}]},
        {**FOREIGN, "version": None},
    ],
)
def test_what_cannot_be_scored_is_refused_in_a_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError, match=r"^This is .*\.$"):
        from_questionnaire(wrong)


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(instruments, [str(argument) for argument in arguments])
    return result.exit_code, " ".join(result.output.replace("│", " ").split())


def test_an_instrument_goes_out_of_one_installation_and_into_another(tmp_path: Path) -> None:
    exported = tmp_path / "questionnaire.json"
    assert run("export", "vitality", "--output", exported) == (0, "")
    questionnaire = json.loads(exported.read_text())
    questionnaire["url"] = "urn:vitalapp:instrument:copied"
    exported.write_text(json.dumps(questionnaire))
    directory = tmp_path / "own"
    directory.mkdir()
    assert run("import", exported, "--instruments-dir", directory)[0] == 0
    copied = load_definition(directory / "copied-1.0.0.json")
    assert copied.items == OURS.items
    assert copied.vectors == OURS.vectors
    code, text = run("export", "copied", "--version", "1.0.0", "--instruments-dir", directory)
    assert (code, json.loads(text)) == (0, questionnaire)


def test_a_questionnaire_from_elsewhere_comes_in_with_test_vectors_of_its_own(tmp_path: Path) -> None:
    questionnaire, vectors, directory = tmp_path / "calm.json", tmp_path / "vectors.json", tmp_path / "own"
    directory.mkdir()
    questionnaire.write_text(json.dumps(FOREIGN))
    code, text = run("import", questionnaire, "--instruments-dir", directory)
    assert (code, "it has no test vectors" in text, list(directory.iterdir())) == (1, True, [])
    vectors.write_text(json.dumps(VECTORS))
    assert run("import", questionnaire, "--vectors", vectors, "--instruments-dir", directory)[0] == 0
    assert load_definition(directory / "calm-2.1.json").vectors[0].name == "highest"


def test_a_changed_instrument_needs_a_higher_version(tmp_path: Path) -> None:
    questionnaire, directory = tmp_path / "changed.json", tmp_path / "own"
    directory.mkdir()
    changed = to_questionnaire(OURS)
    changed["copyright"] = "another licence"
    questionnaire.write_text(json.dumps(changed))
    code, text = run("import", questionnaire, "--instruments-dir", directory)
    assert (code, "higher version" in text, list(directory.iterdir())) == (1, True, [])


def test_wrong_use_says_what_to_do(tmp_path: Path) -> None:
    questionnaire = tmp_path / "calm.json"
    questionnaire.write_text(json.dumps(FOREIGN))
    assert run("import", questionnaire)[0] == 2
    code, text = run("export", "nothing")
    assert (code, "these are there: vitality" in text) == (1, True)
