"""What the columns of the billing tables are: business data that leads to no person."""

from vitalapp.core.data_map import Category, ColumnKind, Retention, Table

CATEGORIES: list[Category] = []


def _administration(name: str, columns: dict[str, ColumnKind], retention: Retention | None = None) -> Table:
    return Table(store="ledger", name=name, category=None, columns=columns, erasure="none", retention=retention)


TABLES = [
    _administration(
        "unbilled_lines",
        {
            "line_id": "identifier",
            "contract_id": "identifier",
            "kind": "state",
            "trajectory_reference": "identifier",
            "period": "business",
        },
    ),
    _administration(
        "carried_lines",
        {"line_id": "identifier", "carried_on": "instant"},
        Retention(column="carried_on", days=400),
    ),
    _administration(
        "confirmed_intakes",
        {"trajectory_reference": "identifier", "confirmed_on": "instant"},
        Retention(column="confirmed_on", days=7 * 366),
    ),
    _administration("invoice_numbers", {"book_year": "business", "last_number": "business"}),
    _administration(
        "confirmations",
        {
            "confirmation_id": "identifier",
            "kind": "state",
            "employer_id": "identifier",
            "contract_id": "identifier",
            "confirmed_on": "instant",
            "reference": "business",
            "invoice_id": "identifier",
            "retained_until": "instant",
        },
        Retention(column="retained_until", days=0),
    ),
    _administration(
        "invoices",
        {
            "invoice_id": "identifier",
            "number": "business",
            "kind": "state",
            "corrects_invoice_id": "identifier",
            "employer_id": "identifier",
            "contract_id": "identifier",
            "period": "business",
            "issued_on": "instant",
            "due_on": "instant",
            "document": "business",
            "retained_until": "instant",
        },
        Retention(column="retained_until", days=0),
    ),
    _administration("invoice_mails", {"invoice_id": "identifier", "created_at": "instant"}),
]
