"""The texts that bind: consent statement, terms and privacy notice, each version a folder that never changes again.

`vitalapp/legal` holds `<kind>/<version>/{text.toml,nl.md,en.md}` and `SHA256SUMS`, which pins every one of these files.
A wording is changed by adding a version and its sums (`sha256sum consent/1.1/* >> SHA256SUMS`).
Rule: S0-05, S1-25, S4-10, S4-23; GDPR 7(1).
"""

import hashlib
import tomllib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from vitalapp.core.failures import Failure
from vitalapp.core.texts import LOCALES, Locale

LegalKind = Literal["consent", "terms", "privacy_notice"]
LEGAL_KINDS: Final[tuple[LegalKind, ...]] = ("consent", "terms", "privacy_notice")
LEGAL_DIR: Final = Path(__file__).parents[1] / "legal"
# The place whose calendar says on which day a version begins.
PROVIDER_TIME_ZONE: Final = ZoneInfo("Europe/Amsterdam")


class LegalTextError(Failure):
    """A legal text is missing, incomplete or not the one that was pinned; the message is one sentence."""


class Purpose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One purpose that a consent statement asks for."""

    key: str
    is_required: bool
    title: dict[Locale, str]
    description: dict[Locale, str]
    legal_basis: dict[Locale, str]


class _Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: UUID
    version: str
    effective_on: date
    is_material: bool
    title: dict[Locale, str]
    purposes: tuple[Purpose, ...] = ()


class LegalText(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one text.

    Shape: `sha256` is that of each body's UTF-8, in hexadecimal; `is_material` says that who accepted an earlier version
    is asked again; `purposes` is empty but for consent.
    """

    kind: LegalKind
    id: UUID
    version: str
    effective_on: date
    is_material: bool
    title: dict[Locale, str]
    body: dict[Locale, str]
    sha256: dict[Locale, str]
    purposes: tuple[Purpose, ...]


class LegalTexts:
    """Every version of every text, asked by the instant."""

    def __init__(self, texts: list[LegalText]) -> None:
        self._texts = sorted(texts, key=lambda text: text.effective_on)
        for kind in LEGAL_KINDS:
            of_kind = [text for text in self._texts if text.kind == kind]
            if not of_kind or not of_kind[0].is_material:
                raise LegalTextError(f"The first version of {kind} must be there, and be material.")
            if len({text.effective_on for text in of_kind}) < len(of_kind):
                raise LegalTextError(f"Two versions of {kind} begin on the same day.")

    def in_force(self, kind: LegalKind, now: datetime) -> list[LegalText]:
        """The versions that have begun, newest first; the first one counts as begun always."""
        today = now.astimezone(PROVIDER_TIME_ZONE).date()
        of_kind = [text for text in self._texts if text.kind == kind]
        return [text for text in reversed(of_kind) if text.effective_on <= today] or of_kind[:1]

    def current(self, kind: LegalKind, now: datetime) -> LegalText:
        """The version that holds now."""
        return self.in_force(kind, now)[0]

    def accepted(self, kind: LegalKind, now: datetime) -> list[LegalText]:
        """The current version and every earlier one since the last material change: accepting any of them is enough."""
        accepted: list[LegalText] = []
        for text in self.in_force(kind, now):
            accepted.append(text)
            if text.is_material:
                break
        return accepted

    def accepted_statement_ids(self, now: datetime) -> frozenset[UUID]:
        """The consent statements under which the app may work now."""
        return frozenset(text.id for text in self.accepted("consent", now))

    def find(self, text_id: UUID) -> LegalText | None:
        """The version with that id, of whatever kind and time."""
        return next((text for text in self._texts if text.id == text_id), None)


@cache
def load_legal_texts(folder: Path = LEGAL_DIR) -> LegalTexts:
    """Read and check every text once per process.

    Raises: LegalTextError, also where a file differs from its pinned sum or has none.
    """
    pinned = _pinned_sums(folder)
    found = {path.relative_to(folder).as_posix() for kind in LEGAL_KINDS for path in (folder / kind).glob("*/*")}
    if missing := sorted(pinned.keys() ^ found):
        raise LegalTextError(f"{', '.join(missing)}: in SHA256SUMS or in the folder, but not in both.")
    for name, pinned_sum in pinned.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != pinned_sum:
            raise LegalTextError(f"{name} is not the text that was published; put it back and add a new version instead.")
    versions = sorted({name.rpartition("/")[0] for name in found})
    return LegalTexts([_read_version(folder, version) for version in versions])


def _pinned_sums(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise LegalTextError(f"{folder}/SHA256SUMS cannot be read ({type(error).__name__}).") from None
    return {name: pinned_sum for pinned_sum, _, name in (line.partition("  ") for line in lines if line)}


def _read_version(folder: Path, version: str) -> LegalText:
    try:
        described = msgspec.convert(tomllib.loads((folder / version / "text.toml").read_text("utf-8")), _Description)
        body: dict[Locale, str] = {locale: (folder / version / f"{locale}.md").read_text("utf-8") for locale in LOCALES}
        sha256: dict[Locale, str] = {locale: hashlib.sha256(body[locale].encode()).hexdigest() for locale in LOCALES}
        kind, _, number = version.partition("/")
        if described.version != number:
            raise LegalTextError(f"{version}/text.toml says version {described.version}.")
        return LegalText(
            kind=msgspec.convert(kind, LegalKind),
            id=described.id,
            version=described.version,
            effective_on=described.effective_on,
            is_material=described.is_material,
            title=described.title,
            body=body,
            sha256=sha256,
            purposes=described.purposes,
        )
    except (OSError, ValueError) as error:
        raise LegalTextError(f"The legal text {version} cannot be read: {error}.") from None
