"""A mail tells nothing to who looks over a shoulder, in either language."""

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import product
from uuid import UUID

import pytest

from vitalapp.core.mail import Mail
from vitalapp.core.mail_rendering import render
from vitalapp.core.mail_sender import compose
from vitalapp.core.mail_templates import TEMPLATES, TemplateKey
from vitalapp.core.settings import Settings
from vitalapp.core.texts import LOCALES

PARAMS = {"token": "tok-123_abc", "delete_on": "2027-01-03", "unsubscribe_token": "uns-456"}
EVERY_MAIL = list(product(TEMPLATES, LOCALES))
MAIL_ID = UUID("0b9c4a52-5f36-4d0e-8a70-3b1a3e1f6b11")
CREATED_AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SETTINGS = Settings(public_url="https://app.vitalapp.example", mail_from="Vitalapp <no-reply@vitalapp.example>")
# Words that would tell a stranger what the app is for.
TELLING = re.compile(
    r"gezond|health|ziek|\bsick|mental|psych|therap|coach|dagboek|diary|\bstemming|mood|vitalit|meting|measurement"
    r"|score|klacht|complaint|stress|burn|werkgever|employer|intake|sess",
    re.IGNORECASE,
)


def params_of(template: TemplateKey) -> dict[str, str]:
    return {name: PARAMS[name] for name in TEMPLATES[template].params}


def composed(template: TemplateKey, locale: str) -> EmailMessage:
    mail = Mail(to="someone@mail.example", template=template, locale=locale, params=params_of(template))
    return compose(mail, mail_id=MAIL_ID, created_at=CREATED_AT, settings=SETTINGS)


@pytest.mark.parametrize(("template", "locale"), EVERY_MAIL)
def test_a_mail_holds_no_word_that_tells_what_the_app_is_for(template: TemplateKey, locale: str) -> None:
    """Rule: S4-08, pitfall 15. Links are left out: they are the app's own screens."""
    mail = render(template, locale=locale, public_url=SETTINGS.public_url, params=params_of(template))

    words = re.sub(r"https://\S+", "", f"{mail.subject}\n{mail.text}\n{mail.html}")

    assert not TELLING.findall(words)
    assert "{" not in words


@pytest.mark.parametrize(("template", "locale"), EVERY_MAIL)
def test_a_mail_has_a_text_and_an_html_part_with_the_same_link(template: TemplateKey, locale: str) -> None:
    message = composed(template, locale)
    parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}

    assert set(parts) == {"text/plain", "text/html"}
    link = re.search(r"^https://\S+$", parts["text/plain"], re.MULTILINE)
    assert link is not None
    assert f'href="{link[0]}"' in parts["text/html"]
    assert not re.search(r"<(img|script|link|style|iframe)", parts["text/html"])


@pytest.mark.parametrize("template", [key for key, template in TEMPLATES.items() if "token" in template.params])
def test_a_token_stands_in_the_fragment_of_a_link_alone_on_its_line(template: TemplateKey) -> None:
    """Rule: ASVS 14.2.1; a server never sees the fragment."""
    mail = render(template, locale="nl", public_url=SETTINGS.public_url, params={"token": "tok-123_abc"})

    assert re.findall(r"^https://app\.vitalapp\.example/[a-z-]+#token=(\S+)$", mail.text, re.MULTILINE) == ["tok-123_abc"]


def test_a_mail_in_dutch_differs_from_the_one_in_english() -> None:
    dutch, english = (composed("inactivity_7_days", locale) for locale in LOCALES)

    assert dutch["Subject"] == "Je account wordt verwijderd op 3 januari 2027"
    assert english["Subject"] == "Your account will be deleted on January 3, 2027"


def test_each_mail_comes_from_the_one_sender_and_says_that_it_is_automatic() -> None:
    """Rule: S4-21; RFC 3834. Sent twice, it is the same message."""
    message = composed("activation", "nl")

    assert message["From"] == "Vitalapp <no-reply@vitalapp.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{MAIL_ID}@vitalapp.example>"
    assert message["Date"] == "Sun, 22 Nov 2026 10:00:00 +0000"


@pytest.mark.parametrize("template", TEMPLATES)
def test_only_mail_that_is_not_service_can_be_unsubscribed_from(template: TemplateKey) -> None:
    """Rule: S1-30, S2-10; RFC 8058."""
    message = composed(template, "en")

    if TEMPLATES[template].is_service:
        assert "List-Unsubscribe" not in message
    else:
        assert message["List-Unsubscribe"] == ("<https://app.vitalapp.example/v1/mail-preferences/one-click?token=uns-456>")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
