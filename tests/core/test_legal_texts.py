"""What a person agreed to can be shown word for word, for ever."""

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from vitalapp.core.legal_texts import LEGAL_DIR, LEGAL_KINDS, LegalKind, LegalTextError, LegalTexts, load_legal_texts
from vitalapp.core.texts import LOCALES

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the texts that a test may change."""
    return shutil.copytree(LEGAL_DIR, tmp_path / "legal")


def add_consent(folder: Path, *, number: int, effective_on: str, is_material: bool) -> UUID:
    """One more version of the consent statement, pinned."""
    statement_id = UUID(int=number)
    version = folder / "consent" / f"1.{number}"
    shutil.copytree(folder / "consent" / "1.0", version)
    described = (version / "text.toml").read_text().splitlines()[4:]
    head = [f'id = "{statement_id}"', f'version = "1.{number}"', f"effective_on = {effective_on}"]
    (version / "text.toml").write_text("\n".join([*head, f"is_material = {str(is_material).lower()}", *described]))
    with (folder / "SHA256SUMS").open("a") as sums:
        for path in sorted(version.iterdir()):
            sums.write(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n")
    return statement_id


def first_statement(texts: LegalTexts) -> UUID:
    return texts.in_force("consent", NOW)[-1].id


@pytest.mark.parametrize("kind", LEGAL_KINDS)
def test_every_text_is_there_in_both_languages_with_the_hash_of_its_words(kind: LegalKind) -> None:
    text = load_legal_texts().current(kind, NOW)

    for locale in LOCALES:
        assert text.title[locale]
        assert text.sha256[locale] == hashlib.sha256(text.body[locale].encode()).hexdigest()
    assert text.sha256["nl"] != text.sha256["en"]


def test_the_statement_names_each_purpose_and_only_the_service_is_required() -> None:
    """Rule: GDPR 4(11), C1, C13. What the body says is what the hash pins, so each purpose stands in the body too."""
    statement = load_legal_texts().current("consent", NOW)

    assert [purpose.key for purpose in statement.purposes if purpose.is_required] == ["wellbeing_service"]
    assert {purpose.key for purpose in statement.purposes if not purpose.is_required} == {
        "research_statistics",
        "newsletter",
        "satisfaction_surveys",
    }
    for locale in LOCALES:
        for purpose in statement.purposes:
            assert f"**{purpose.title[locale]}" in statement.body[locale]
            assert purpose.description[locale]
            assert purpose.legal_basis[locale]


@pytest.mark.parametrize("name", ["consent/1.0/nl.md", "consent/1.0/text.toml", "terms/1.0/en.md"])
def test_an_edited_text_is_refused(folder: Path, name: str) -> None:
    with (folder / name).open("a") as text:
        text.write("\n")

    with pytest.raises(LegalTextError, match=f"{name} is not the text that was published"):
        load_legal_texts(folder)


def test_a_text_without_a_pinned_hash_and_a_hash_without_a_text_are_refused(folder: Path) -> None:
    (folder / "terms/1.0/nl.md").rename(folder / "terms/1.0/fy.md")

    with pytest.raises(LegalTextError, match=r"terms/1\.0/fy\.md, terms/1\.0/nl\.md"):
        load_legal_texts(folder)


def test_a_version_begins_on_its_day_in_the_netherlands(folder: Path) -> None:
    following = add_consent(folder, number=1, effective_on="2026-12-01", is_material=True)
    texts = load_legal_texts(folder)

    assert texts.current("consent", datetime(2026, 11, 30, 22, 59, tzinfo=UTC)).id == first_statement(texts)
    assert texts.current("consent", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)).id == following


def test_a_material_version_asks_everybody_again_and_another_does_not(folder: Path) -> None:
    spelling = add_consent(folder, number=1, effective_on="2026-02-01", is_material=False)
    purpose = add_consent(folder, number=2, effective_on="2026-12-01", is_material=True)
    texts = load_legal_texts(folder)

    assert texts.accepted_statement_ids(NOW) == {first_statement(texts), spelling}
    assert texts.accepted_statement_ids(datetime(2026, 12, 2, tzinfo=UTC)) == {purpose}


def test_the_first_version_holds_before_its_day_too() -> None:
    """A clock that stands before the first version still has something to ask."""
    texts = load_legal_texts()

    assert texts.current("terms", datetime(2024, 2, 29, tzinfo=UTC)).version == "1.0"


def test_an_old_statement_is_still_found_by_its_id(folder: Path) -> None:
    add_consent(folder, number=1, effective_on="2026-02-01", is_material=True)
    texts = load_legal_texts(folder)

    found = texts.find(first_statement(texts))
    assert found is not None
    assert found.version == "1.0"
    assert texts.find(UUID(int=99)) is None
