"""Which passwords are good enough: length, and neither guessable nor leaked; no rules of composition.

Rule: NIST SP 800-63B-4, 3.1.1.2; ASVS 6.2.4, 6.2.12.
"""

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Final

import msgspec
from zxcvbn import zxcvbn

from vitalapp.core.passwords import normalise_password
from vitalapp.core.problems import FieldError, ValidationFailed
from vitalapp.core.settings import Settings
from vitalapp.core.texts import mark

MINIMUM_ALONE: Final = 15
MINIMUM_WITH_SECOND_FACTOR: Final = 8
MAXIMUM: Final = 256

# zxcvbn takes quadratic time; a password whose first 64 characters are hard to guess is hard to guess.
_GUESSED_CHARACTERS = 64
_GUESSES_LOG10_ALONE = 10.0
_GUESSES_LOG10_WITH_SECOND_FACTOR = 8.0
_SHORTEST_PERSONAL_WORD = 3
_OUR_WORDS = ("vitalapp", "vitaliteit", "wachtwoord", "welkom")

_TOO_SHORT = mark("At least {limit} characters.")
_TOO_LONG = mark("At most {limit} characters.")
_GUESSABLE = mark("This password is easy to guess. Put several unrelated words together.")
_BREACHED = mark("This password stands in a list of leaked passwords. Choose another one.")


class PasswordOwner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose password it is: their own words make a bad one, a second factor lets it be shorter."""

    email: str
    display_name: str = ""
    has_second_factor: bool = False


async def check_password(settings: Settings, password: str, *, owner: PasswordOwner, pointer: str = "/password") -> None:
    """Refuse a password that is too short, too long, easy to guess or leaked.

    Units: length counts characters as people see them on a keyboard (code points after composition).
    Raises: ValidationFailed (400) at `pointer`.
    """
    fault = await asyncio.to_thread(find_fault, password, owner=owner, breached_file=settings.breached_passwords_file)
    if fault is not None:
        raise ValidationFailed(errors=[msgspec.structs.replace(fault, pointer=pointer)])


def find_fault(password: str, *, owner: PasswordOwner, breached_file: Path | None = None) -> FieldError | None:
    """What is wrong with a password, None for a good one."""
    password = normalise_password(password)
    minimum = MINIMUM_WITH_SECOND_FACTOR if owner.has_second_factor else MINIMUM_ALONE
    if len(password) < minimum:
        return FieldError("", _TOO_SHORT, {"limit": minimum})
    if len(password) > MAXIMUM:
        return FieldError("", _TOO_LONG, {"limit": MAXIMUM})
    needed = _GUESSES_LOG10_WITH_SECOND_FACTOR if owner.has_second_factor else _GUESSES_LOG10_ALONE
    if _guesses_log10(password, owner) < needed:
        return FieldError("", _GUESSABLE)
    if breached_file is not None and is_breached(breached_file, password):
        return FieldError("", _BREACHED)
    return None


def is_long(password: str) -> bool:
    """Whether a password may stand without a second factor."""
    return len(normalise_password(password)) >= MINIMUM_ALONE


def is_breached(file: Path, password: str) -> bool:
    """Whether a sorted file of `SHA-1:count` lines (Have I Been Pwned's format) holds the password: about 30 reads."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, lines.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            lines.seek(middle)
            if middle > 0:
                lines.seek(middle - 1)
                lines.readline()
            found = lines.readline()[:40].upper()
            if found == wanted:
                return True
            if found and found < wanted:
                low = lines.tell()
            else:
                high = middle
    return False


def _guesses_log10(password: str, owner: PasswordOwner) -> float:
    words = [
        word for word in re.split(r"[\W_]+", f"{owner.email} {owner.display_name}") if len(word) >= _SHORTEST_PERSONAL_WORD
    ]
    personal = [*_OUR_WORDS, *words, owner.display_name.replace(" ", ""), owner.email]
    estimate = zxcvbn(
        password[:_GUESSED_CHARACTERS], user_inputs=[word for word in personal if word], max_length=_GUESSED_CHARACTERS
    )
    return float(estimate["guesses_log10"])
