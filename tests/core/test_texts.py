"""Every text reaches its reader in their language."""

import subprocess
import sys
from pathlib import Path

from vitalapp.core import texts

SCRIPT = Path(__file__).parents[2] / "scripts" / "messages.py"


def test_the_catalogues_hold_each_text_of_the_code_and_nothing_else() -> None:
    """Complete, none obsolete, translated into Dutch, equal placeholders."""
    check = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert check.stderr == ""
    assert check.returncode == 0


def test_a_text_without_translation_is_shown_in_english_with_its_placeholders_filled_in() -> None:
    assert texts.translate("en", "A {colour} text that no catalogue knows", colour="blue") == (
        "A blue text that no catalogue knows"
    )


def test_a_text_without_parameters_may_hold_braces() -> None:
    assert texts.translate("nl", "{not a placeholder") == "{not a placeholder"
