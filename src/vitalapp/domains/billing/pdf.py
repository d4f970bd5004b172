"""An invoice as a PDF: the same bytes every time, from the document as it was issued."""

from decimal import Decimal
from functools import cache
from importlib import resources

import msgspec
import typst
from babel.dates import format_date
from babel.numbers import format_currency

from vitalapp.core.texts import mark, translate
from vitalapp.domains.billing.money import CURRENCY
from vitalapp.domains.billing.schemas import InvoiceDocument


def render_pdf(document: InvoiceDocument, *, locale: str = "nl") -> bytes:
    """The PDF of an invoice or credit note, in the language of the administration."""
    return typst.compile(
        _template(),
        format="pdf",
        sys_inputs={
            "document": msgspec.json.encode(document).decode(),
            "texts": msgspec.json.encode(_texts(document, locale)).decode(),
        },
    )


@cache
def _template() -> bytes:
    return resources.files("vitalapp.domains.billing").joinpath("invoice.typ").read_bytes()


def _texts(document: InvoiceDocument, locale: str) -> dict[str, object]:
    is_credit = document.kind == "credit_note"
    facts = [
        (mark("Number"), document.number),
        (mark("Date"), format_date(document.issued_on, "long", locale)),
        (mark("Due on"), format_date(document.due_on, "long", locale)),
        (mark("Period"), document.period),
        (mark("Contract"), document.contract_reference),
    ]
    if document.corrects_number is not None:
        facts.append((mark("Credit for invoice"), document.corrects_number))
    rate = format(document.vat.rate.normalize(), "f")
    payment = mark("Please pay the total before {due_on}, naming the number {number}.")
    given_back = mark("We return the total to you within thirty days.")
    return {
        "title": translate(locale, mark("Credit note") if is_credit else mark("Invoice")),
        "vat_id": translate(locale, mark("VAT number")),
        "facts": [(translate(locale, name), value) for name, value in facts],
        "columns": [
            translate(locale, name)
            for name in (mark("Reference"), mark("Sessions"), mark("Price a session"), mark("Amount"))
        ],
        "rows": [
            (
                line.reference or translate(locale, mark("All sessions together")),
                str(line.sessions),
                _money(line.unit_price_cents, locale),
                _money(line.amount_cents, locale),
            )
            for line in document.lines
        ],
        "totals": [
            (translate(locale, mark("Total without VAT")), _money(document.net_cents, locale)),
            (translate(locale, mark("VAT {rate}%"), rate=rate), _money(document.vat_cents, locale)),
            (translate(locale, mark("Total")), _money(document.gross_cents, locale)),
        ],
        "payment": translate(locale, given_back)
        if is_credit
        else translate(locale, payment, due_on=format_date(document.due_on, "long", locale), number=document.number),
    }


def _money(cents: int, locale: str) -> str:
    return format_currency(Decimal(cents) / 100, CURRENCY, locale=locale)
