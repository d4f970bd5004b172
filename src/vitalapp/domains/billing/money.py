"""Money: integer cents, Decimal for rates, rounded half up once for each invoice."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec

CURRENCY = "EUR"


class VatRule(msgspec.Struct, frozen=True):
    """How a product is taxed.

    Shape: `category` is a code of UNCL5305 (S standard, E exempt); `rate` in per cent; `exemption_reason` where exempt.
    """

    category: Literal["S", "E"]
    rate: Decimal
    exemption_reason: str | None = None


# Coaching for vitality is prevention at work, not health care by a registered professional: the standard rate (Wet OB 1968, 9).
VAT_RULES = {"vitality_session": VatRule("S", Decimal(21))}


def vat_cents(net_cents: int, rule: VatRule) -> int:
    """The VAT on a total, in cents, rounded half up; a negative total rounds as its opposite does."""
    exact = Decimal(net_cents) * rule.rate / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def amount(cents: int) -> str:
    """Cents as a decimal amount with two digits, such as "95.00"."""
    return f"{Decimal(cents) / 100:.2f}"
