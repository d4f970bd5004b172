"""Contracts: entered and ended by operators, their terms carried to the store that acts on them."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from tests.support.contracting import CONTRACT, enter_contract, enter_employer
from tests.support.jobs import run_jobs
from tests.support.staff import Worker
from vitalapp.core.resources import Resources


async def test_a_contract_and_its_read_copy_are_there_before_the_answer(operator: Worker, resources: Resources) -> None:
    employer = await enter_employer(operator)
    contract = await enter_contract(operator, employer["id"])
    assert contract == {"id": contract["id"], "employer_id": employer["id"], **CONTRACT, "ends_on": None}
    row = await resources.ledger.fetchrow("SELECT * FROM contracts")
    assert row is not None
    assert (row["contract_id"], row["session_price_cents"], row["headcount"]) == (UUID(contract["id"]), 9500, 250)
    copy = await resources.identity.fetchrow("SELECT * FROM contracts")
    assert copy is not None
    assert dict(copy) == {
        "contract_id": UUID(contract["id"]),
        "mail_domains": ["ede.example"],
        "starts_on": date(2026, 1, 1),
        "ends_on": None,
        "cancellation_notice_hours": 48,
    }
    listed = (await operator.get(f"/admin/v1/employers/{employer['id']}/contracts")).json()
    assert listed == {"items": [contract], "next_cursor": None}


async def test_ending_a_contract_reaches_identity_at_once(operator: Worker, resources: Resources) -> None:
    """Rule: S0-09."""
    employer = await enter_employer(operator)
    contract = await enter_contract(operator, employer["id"])
    path = f"/admin/v1/employers/{employer['id']}/contracts/{contract['id']}"
    answer = await operator.request("PATCH", path, json={"ends_on": "2026-12-31"})
    assert (answer.status_code, answer.json()) == (200, {**contract, "ends_on": "2026-12-31"})
    for pool in (resources.ledger, resources.identity):
        assert await pool.fetchval("SELECT ends_on FROM contracts") == date(2026, 12, 31)
    answer = await operator.request("PATCH", path, json={"ends_on": "2025-12-31"})
    assert (answer.status_code, answer.json()["code"]) == (422, "contract-period-invalid")


async def test_a_copy_that_identity_missed_is_brought_by_the_outbox(operator: Worker, resources: Resources) -> None:
    employer = await enter_employer(operator)
    contract = await enter_contract(operator, employer["id"])
    await resources.identity.execute("DELETE FROM contracts")
    assert await run_jobs(resources, "ledger") == 1
    assert await resources.identity.fetchval("SELECT contract_id FROM contracts") == UUID(contract["id"])
    assert await resources.ledger.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_late_announcement_brings_the_terms_as_they_are_now(operator: Worker, resources: Resources) -> None:
    employer = await enter_employer(operator)
    contract = await enter_contract(operator, employer["id"])
    path = f"/admin/v1/employers/{employer['id']}/contracts/{contract['id']}"
    await operator.request("PATCH", path, json={"ends_on": "2026-12-31"})
    assert await run_jobs(resources, "ledger") == 2
    assert await resources.identity.fetchval("SELECT ends_on FROM contracts") == date(2026, 12, 31)


async def test_a_reference_is_used_once_by_an_employer(operator: Worker, resources: Resources) -> None:
    employer = await enter_employer(operator)
    await enter_contract(operator, employer["id"])
    answer = await operator.post(f"/admin/v1/employers/{employer['id']}/contracts", json=CONTRACT)
    assert (answer.status_code, answer.json()["code"]) == (409, "contract-exists")
    assert await resources.ledger.fetchval("SELECT count(*) FROM contracts") == 1


async def test_an_unknown_employer_or_contract_is_404(operator: Worker) -> None:
    one, other = await enter_employer(operator), await enter_employer(operator, registration_number="0" * 20)
    contract = await enter_contract(operator, one["id"])
    for method, path, body in (
        ("POST", f"/admin/v1/employers/{uuid4()}/contracts", CONTRACT),
        ("GET", f"/admin/v1/employers/{uuid4()}/contracts", None),
        ("PATCH", f"/admin/v1/employers/{other['id']}/contracts/{contract['id']}", {"ends_on": "2026-12-31"}),
        ("POST", f"/admin/v1/employers/{other['id']}/contracts/{contract['id']}/registration-links", {}),
        ("DELETE", f"/admin/v1/employers/{other['id']}/contracts/{contract['id']}/registration-links", None),
    ):
        answer = await operator.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"department": "Finance"}, "/department"),
        ({"psychologist_price": "120.00"}, "/psychologist_price"),
        ({"session_price": "95"}, "/session_price"),
        ({"session_price": "-95.00"}, "/session_price"),
        ({"session_price": 95.0}, "/session_price"),
        ({"headcount": 0}, "/headcount"),
        ({"cancellation_notice_hours": 337}, "/cancellation_notice_hours"),
        ({"mail_domains": ["not a domain"]}, "/mail_domains/0"),
        ({"starts_on": "soon"}, "/starts_on"),
    ],
)
async def test_bad_input_is_400_with_a_pointer_and_enters_nothing(
    operator: Worker, resources: Resources, changes: dict[str, object], pointer: str
) -> None:
    """Rule: S0-16, no unit below the contract; one price for coach and psychologist."""
    employer = await enter_employer(operator)
    answer = await operator.post(f"/admin/v1/employers/{employer['id']}/contracts", json=CONTRACT | changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation-failed")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await resources.ledger.fetchval("SELECT count(*) FROM contracts") == 0
