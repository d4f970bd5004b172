"""Every text that a person reads, in the language that they asked for.

A text is written in English where it is used; the catalogues in `vitalapp/locale` hold its translations.
`scripts/messages.py` collects the texts into the catalogues, and a test keeps these complete.
"""

import gettext
import io
from functools import cache
from importlib import resources
from typing import Final, Literal, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Locale = Literal["nl", "en"]
LOCALES: Final[tuple[Locale, ...]] = get_args(Locale)
DEFAULT_LOCALE: Final[Locale] = "nl"


def mark(message: str) -> str:
    """The same text, now known to the catalogues: for a text that is translated later, by `translate`."""
    return message


def translate(locale: str, message: str, **params: object) -> str:
    """The text in the reader's language, with its `{placeholders}` filled in; Dutch where the locale is unknown."""
    text = _catalogue(locale if locale in LOCALES else DEFAULT_LOCALE).gettext(message)
    return text.format(**params) if params else text


@cache
def _catalogue(locale: str) -> gettext.GNUTranslations:
    source = resources.files("vitalapp") / "locale" / locale / "LC_MESSAGES" / "vitalapp.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
