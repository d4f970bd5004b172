"""Who runs this installation and answers for it, as receipts, the privacy notice and the Article 30 register name them."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from vitalapp.core.legal_texts import LEGAL_DIR, LegalTextError


class Organisation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The controller in the sense of GDPR 4(7)."""

    name: str
    address: str
    registration_number: str


class Contacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where people turn to: mail addresses, and the supervisory authority's site."""

    privacy_officer: str
    data_protection_officer: str
    security: str
    support: str
    supervisory_authority: str


class Controller(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file `controller.toml`.

    Rule: GDPR 13(1)(a) and (b), 30(1)(a); S0-04, S1-03.
    """

    controller: Organisation
    contacts: Contacts


@cache
def load_controller(folder: Path = LEGAL_DIR) -> Controller:
    """Read the file once per process.

    Raises: LegalTextError.
    """
    try:
        return msgspec.convert(tomllib.loads((folder / "controller.toml").read_text("utf-8")), Controller)
    except (OSError, ValueError) as error:
        raise LegalTextError(f"controller.toml cannot be read: {error}.") from None
