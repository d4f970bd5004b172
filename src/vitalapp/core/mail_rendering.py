"""A mail in one language, as text and as HTML without pictures, scripts or tracking."""

from collections.abc import Mapping
from datetime import date
from html import escape

import msgspec
from babel.dates import format_date

from vitalapp.core.mail_templates import TEMPLATES, TemplateKey
from vitalapp.core.texts import mark, translate


class RenderedMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in one language: subject, the text part, the HTML part."""

    subject: str
    text: str
    html: str


def render(template_key: TemplateKey, *, locale: str, public_url: str, params: Mapping[str, str]) -> RenderedMail:
    """One mail in one language.

    Shape: the link stands alone on its line of the text part, and ends in `#token=<token>` where there is one.
    Rule: S4-08, no content; ASVS 14.2.1, the token stays in the fragment.
    """
    template = TEMPLATES[template_key]
    wording = dict(params)
    if "delete_on" in wording:
        wording["delete_on"] = format_date(date.fromisoformat(wording["delete_on"]), format="long", locale=locale)
    link = public_url.rstrip("/") + template.path + (f"#token={params['token']}" if "token" in params else "")
    subject = translate(locale, template.subject, **wording)
    paragraphs = [translate(locale, paragraph, **wording) for paragraph in template.paragraphs]
    action = translate(locale, template.action)
    footer = translate(locale, mark("This mail was sent automatically by Vitalapp. You cannot reply to it."))
    unsubscribe = None if template.is_service else unsubscribe_url(public_url, params)
    stop = translate(locale, mark("Do you not want this mail any more? Unsubscribe:"))
    text = [*paragraphs, f"{action}:\n{link}", *([f"{stop}\n{unsubscribe}"] if unsubscribe else []), f"-- \n{footer}"]
    body = [f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs]
    body.append(f'<p><a href="{escape(link)}">{escape(action)}</a></p>')
    if unsubscribe:
        body.append(f'<p><a href="{escape(unsubscribe)}">{escape(stop)}</a></p>')
    body.append(f"<p><small>{escape(footer)}</small></p>")
    head = f'<html lang="{locale}"><head><meta charset="utf-8"><title>{escape(subject)}</title></head>'
    html = "\n".join(["<!doctype html>", head, "<body>", *body, "</body></html>", ""])
    return RenderedMail(subject=subject, text="\n\n".join(text) + "\n", html=html)


def unsubscribe_url(public_url: str, params: Mapping[str, str]) -> str:
    """The address that a mail program posts to; its token can do nothing but unsubscribe.

    Rule: RFC 8058.
    """
    return f"{public_url.rstrip('/')}/v1/mail-preferences/one-click?token={params['unsubscribe_token']}"
