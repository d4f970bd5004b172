"""A consent statement that a test publishes."""

from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import msgspec
import pytest

from vitalapp.core.legal_texts import LegalTexts
from vitalapp.core.resources import Resources

Publish = Callable[[date, bool], UUID]


@pytest.fixture
def publish_statement(
    resources: Resources, session_resources: dict[str, Resources], monkeypatch: pytest.MonkeyPatch
) -> Publish:
    """Adds a version of the statement to every process, from a day on; `is_material` asks everybody again."""

    def publish(effective_on: date, is_material: bool) -> UUID:
        current = resources.legal_texts.current("consent", resources.clock())
        fresh = msgspec.structs.replace(
            current,
            id=uuid4(),
            version="2.0",
            effective_on=effective_on,
            is_material=is_material,
            sha256={"nl": "a" * 64, "en": "b" * 64},
        )
        texts = [
            text
            for kind in ("terms", "privacy_notice", "consent")
            for text in resources.legal_texts.in_force(kind, resources.clock())
        ]
        for process in session_resources.values():
            monkeypatch.setattr(process, "legal_texts", LegalTexts([*texts, fresh]))
        return fresh.id

    return publish
