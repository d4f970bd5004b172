"""Brings the catalogues in src/vitalapp/locale up to date with the texts in the code.

    python scripts/messages.py            add new texts, drop those that are gone; then fill in the Dutch by hand
    python scripts/messages.py --check    change nothing, say what is missing, obsolete or inconsistent; exit 1 if any

A text is collected where it is the second argument of `translate(locale, "...")` or the argument of `mark("...")`.
English needs no translation: its catalogue holds only a wording that must differ from the one in the code.
"""

import argparse
import io
import string
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).parent.parent / "src" / "vitalapp"
KEYWORDS = {"translate": (2,), "mark": None}


def collect() -> list[str]:
    """Every text in the code, once, in alphabetical order."""
    found = extract_from_dir(SOURCE, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=())
    return sorted({message for _, _, message, _, _ in found if isinstance(message, str) and message})


def catalogue_path(locale: str) -> Path:
    return SOURCE / "locale" / locale / "LC_MESSAGES" / "vitalapp.po"


def read(locale: str) -> dict[str, str]:
    path = catalogue_path(locale)
    if not path.exists():
        return {}
    catalog = read_po(io.BytesIO(path.read_bytes()), locale=locale)
    return {str(message.id): str(message.string) for message in catalog if message.id}


def write(locale: str, translations: dict[str, str]) -> None:
    catalog = Catalog(locale=locale)
    for message, translation in sorted(translations.items()):
        catalog.add(message, translation)
    written = io.BytesIO()
    write_po(written, catalog, width=118, omit_header=True)
    header = f'msgid ""\nmsgstr ""\n"Language: {locale}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"'
    path = catalogue_path(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{header}\n\n{written.getvalue().decode()}".strip() + "\n", encoding="utf-8")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def faults(texts: list[str], locale: str) -> list[str]:
    """What is wrong with a catalogue, one sentence each; nothing for a complete one."""
    translations = read(locale)
    found = [f"{locale}: no longer in the code: {text!r}" for text in translations if text not in texts]
    if locale == "nl":
        found += [f"nl: not translated: {text!r}" for text in texts if not translations.get(text)]
    for text, translation in translations.items():
        if translation and placeholders(translation) != placeholders(text):
            found.append(f"{locale}: other placeholders than the original: {text!r}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    texts = collect()
    if not arguments.check:
        for locale in ("nl", "en"):
            known = read(locale)
            write(locale, {text: known.get(text, "") for text in texts if locale == "nl" or known.get(text)})
    found = [fault for locale in ("nl", "en") for fault in faults(texts, locale)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
