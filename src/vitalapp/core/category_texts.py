"""A category of the data map in the reader's language: the row of the privacy notice and of "what we hold on you"."""

import msgspec

from vitalapp.core.data_map import Category
from vitalapp.core.texts import translate


class CategoryText(msgspec.Struct, frozen=True, kw_only=True):
    """What we do with one kind of data, why, for how long, and who gets it."""

    key: str
    purpose: str
    legal_basis: str
    retention: str
    recipients: list[str]


def describe_category(category: Category, locale: str) -> CategoryText:
    """The category in the reader's language; in Dutch the GDPR is called AVG.

    Rule: S0-05, S0-11; GDPR 13, 15.
    """
    basis = translate(locale, category.legal_basis)
    return CategoryText(
        key=category.key,
        purpose=translate(locale, category.purpose),
        legal_basis=basis.replace("GDPR", "AVG") if locale == "nl" else basis,
        retention=translate(locale, category.retention),
        recipients=[translate(locale, recipient) for recipient in category.recipients],
    )
