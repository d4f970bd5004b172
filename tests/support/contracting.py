"""What an operator enters, through the operator's API."""

from typing import Any

from tests.support.staff import Worker

EMPLOYER: dict[str, Any] = {
    "name": "Gemeente Ede",
    "registration_scheme": "OIN",
    "registration_number": "00000001003214345000",
    "billing_email": "ap@ede.example",
    "address": {"street": "Raadhuisplein 1", "postcode": "6711 AA", "city": "Ede"},
}
CONTRACT: dict[str, Any] = {
    "reference": "C-2026-017",
    "headcount": 250,
    "session_price": "95.00",
    "cancellation_notice_hours": 48,
    "mail_domains": ["ede.example"],
    "starts_on": "2026-01-01",
}


async def enter_employer(operator: Worker, **changes: Any) -> dict[str, Any]:
    """An employer, as the answer shows it."""
    answer = await operator.post("/admin/v1/employers", json=EMPLOYER | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def enter_contract(operator: Worker, employer_id: str, **changes: Any) -> dict[str, Any]:
    """A contract of an employer, as the answer shows it."""
    answer = await operator.post(f"/admin/v1/employers/{employer_id}/contracts", json=CONTRACT | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def make_key(operator: Worker, employer_id: str, **settings: Any) -> dict[str, Any]:
    """An API key of an employer, as it is shown once."""
    answer = await operator.post(f"/admin/v1/employers/{employer_id}/api-keys", json=settings)
    assert answer.status_code == 201, answer.text
    return answer.json()
