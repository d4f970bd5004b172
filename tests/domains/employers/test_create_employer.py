"""Employers, entered by operators alone, with nothing about anybody who works there."""

from uuid import UUID

import pytest

from tests.support.contracting import EMPLOYER, enter_employer
from tests.support.staff import Worker
from vitalapp.core.resources import Resources


async def test_an_employer_stands_in_the_ledger_as_it_was_entered(operator: Worker, resources: Resources) -> None:
    entered = await enter_employer(operator)
    assert entered == {"id": entered["id"], **EMPLOYER, "address": {**EMPLOYER["address"], "country": "NL"}}
    row = await resources.ledger.fetchrow("SELECT * FROM employers WHERE employer_id = $1", UUID(entered["id"]))
    assert row is not None
    assert (row["name"], row["registration_scheme"], row["registration_number"]) == (
        "Gemeente Ede",
        "OIN",
        "00000001003214345000",
    )
    assert (row["billing_email"], row["street"], row["postcode"], row["city"], row["country"]) == (
        "ap@ede.example",
        "Raadhuisplein 1",
        "6711 AA",
        "Ede",
        "NL",
    )
    assert (await operator.get("/admin/v1/employers")).json() == {"items": [entered], "next_cursor": None}


async def test_a_registration_number_is_entered_once(operator: Worker, resources: Resources) -> None:
    await enter_employer(operator)
    answer = await operator.post("/admin/v1/employers", json=EMPLOYER | {"name": "Somebody else"})
    assert (answer.status_code, answer.json()["code"]) == (409, "employer-exists")
    assert await resources.ledger.fetchval("SELECT count(*) FROM employers") == 1


async def test_a_number_of_the_other_scheme_is_422(operator: Worker) -> None:
    answer = await operator.post("/admin/v1/employers", json=EMPLOYER | {"registration_scheme": "KVK"})
    assert (answer.status_code, answer.json()["code"]) == (422, "registration-number-invalid")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"employees": ["sam@ede.example"]}, "/employees"),
        ({"employee_email": "sam@ede.example"}, "/employee_email"),
        ({"billing_email": "nobody"}, "/billing_email"),
        ({"billing_email": "ap@ede.example\nBcc: x@y.example"}, "/billing_email"),
        ({"billing_email": "ap@ede.example\n"}, "/billing_email"),
        ({"registration_number": "1234567"}, "/registration_number"),
        ({"registration_number": "12345678\n"}, "/registration_number"),
        ({"registration_scheme": "BSN"}, "/registration_scheme"),
        ({"name": ""}, "/name"),
        ({"name": "Two\nlines"}, "/name"),
        ({"address": {"street": "Dam 1", "city": "Amsterdam"}}, "/address/postcode"),
    ],
)
async def test_bad_input_is_400_with_a_pointer_and_enters_nothing(
    operator: Worker, resources: Resources, changes: dict[str, object], pointer: str
) -> None:
    """Rule: S0-01, S1-01: no field takes an employee's name or address."""
    answer = await operator.post("/admin/v1/employers", json=EMPLOYER | changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation-failed")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await resources.ledger.fetchval("SELECT count(*) FROM employers") == 0
