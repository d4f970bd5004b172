"""Nothing but `/employer/v1` answers to an employer's key, and what it answers holds these fields and no others."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import date
from typing import Any, cast

import httpx
import pytest

from tests.support.application import open_client
from tests.support.employers import Employers, TestEmployer
from tests.support.operations import ALL_OPERATIONS, Operation
from tests.support.receiver import open_receiver
from tests.support.staff import Workers
from vitalapp.core.resources import Resources
from vitalapp.domains.billing.service import bill_period, credit_invoice, release_confirmations

PAGE = {"items", "next_cursor"}
INTAKE = {"id", "kind", "reference", "confirmed_on", "contract"}
BILLING = {"id", "kind", "period", "contract", "lines", "total", "currency", "invoice_id"}
LINE = {"reference", "sessions", "unit_price", "amount"}
INVOICE = {
    *("id", "number", "kind", "corrects", "contract", "period", "issued_on", "due_on"),
    *("currency", "net", "vat", "gross"),
}
ENDPOINT = {"id", "url", "event_types", "is_enabled", "disabled_reason", "created_at"}
DELIVERY = {
    *("id", "event_id", "event_type", "status", "attempts", "response_status"),
    *("created_at", "next_attempt_at", "ended_at"),
}
# Every employer operation: the keys of its answer at every depth; None where the answer is a file or empty.
ALLOWED: dict[str, set[str] | None] = {
    "list_confirmations": PAGE | INTAKE | BILLING | LINE,
    "get_confirmation": INTAKE | BILLING | LINE,
    "list_invoices": PAGE | INVOICE,
    "get_invoice": INVOICE,
    "get_invoice_ubl": None,
    "get_invoice_pdf": None,
    "list_webhook_endpoints": PAGE | ENDPOINT,
    "create_webhook_endpoint": ENDPOINT | {"secret"},
    "get_webhook_endpoint": ENDPOINT,
    "update_webhook_endpoint": ENDPOINT | {"secret"},
    "delete_webhook_endpoint": None,
    "list_webhook_deliveries": PAGE | DELIVERY,
    "replay_webhook_delivery": DELIVERY,
}
FOREIGN = [operation for operation in ALL_OPERATIONS if operation.audience != "employer" and not operation.is_public]
EMPLOYERS = [operation for operation in ALL_OPERATIONS if operation.audience == "employer" and not operation.is_public]


def keys_of(value: Any) -> Iterator[str]:
    """Every key of a JSON document, at every depth."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        for key, each in members.items():
            yield key
            yield from keys_of(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from keys_of(each)


@pytest.fixture
async def clients(
    resources: Resources, session_resources: dict[str, Resources]
) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A client of each audience."""
    async with AsyncExitStack() as stack:
        yield {
            audience: await stack.enter_async_context(open_client(session_resources[audience], audience=audience))
            for audience in ("app", "operator", "employer")
        }


@pytest.fixture
async def employer(employers: Employers) -> TestEmployer:
    return await employers.make()


@pytest.mark.parametrize("operation", FOREIGN, ids=str)
async def test_no_other_operation_answers_to_an_employers_key(
    operation: Operation, clients: dict[str, httpx.AsyncClient], employer: TestEmployer
) -> None:
    """Rule: C7, S0-01, S0-03, S0-26."""
    answer = await clients[operation.audience].request(
        operation.method, operation.path_of(), headers=employer.headers, json={} if operation.body else None
    )
    assert answer.status_code in {401, 403}, answer.text
    assert answer.json()["code"] in {"wrong-role", "invalid-session"}


@pytest.mark.parametrize("operation", EMPLOYERS, ids=str)
async def test_no_employer_operation_answers_to_another_audiences_token_or_a_made_up_key(
    operation: Operation, clients: dict[str, httpx.AsyncClient], resources: Resources
) -> None:
    worker = await Workers(clients["operator"], resources).signed_in("operator")
    for token, status in ((worker.access_token, 403), ("vae_" + "x" * 43, 403), ("vek_" + "x" * 43, 401), ("x", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await clients["employer"].request(operation.method, operation.path_of(), headers=headers)
        assert answer.status_code == status, (token[:4], answer.text)
    assert (await clients["employer"].request(operation.method, operation.path_of())).status_code == 401


async def test_every_answer_to_an_employer_holds_the_promised_fields_and_no_others(
    employer: TestEmployer, resources: Resources
) -> None:
    """Rule: S0-27, S1-29, S1-36; every operation of the employers' API is called."""
    found: dict[str, set[str] | None] = {}
    async with open_receiver() as receiver:
        made = await call(employer, found, "create_webhook_endpoint", json={"url": receiver.url})
        await employer.deliver("intake", on=date(2026, 10, 14))
        await employer.deliver_sessions(12, on=date(2026, 10, 14))
        await release_confirmations(resources)
        assert [billed async for billed in bill_period(resources, "2026-10")] == [True]
        number = await resources.ledger.fetchval("SELECT number FROM invoices")
        await credit_invoice(resources, number, sessions=1)
        endpoint = {"endpoint_id": made["id"]}
        invoice = (await call(employer, found, "list_invoices"))["items"][0]
        for confirmation in (await call(employer, found, "list_confirmations"))["items"]:
            await call(employer, found, "get_confirmation", confirmation_id=confirmation["id"])
        for name in ("get_invoice", "get_invoice_ubl", "get_invoice_pdf"):
            await call(employer, found, name, invoice_id=invoice["id"])
        await call(employer, found, "list_webhook_endpoints")
        await call(employer, found, "get_webhook_endpoint", **endpoint)
        body = {"url": receiver.url, "rotate_secret": True}
        await call(employer, found, "update_webhook_endpoint", json=body, **endpoint)
        delivery = (await call(employer, found, "list_webhook_deliveries", **endpoint))["items"][0]
        await call(employer, found, "replay_webhook_delivery", delivery_id=delivery["id"], **endpoint)
        await call(employer, found, "delete_webhook_endpoint", **endpoint)
    assert found == ALLOWED
    assert {operation.name for operation in EMPLOYERS} == set(ALLOWED), "a new operation needs its line here"


async def call(
    employer: TestEmployer, found: dict[str, set[str] | None], name: str, *, json: Any = None, **values: object
) -> Any:
    """Call an operation by its name, and note the keys of its answer."""
    [operation] = [each for each in EMPLOYERS if each.name == name]
    answer = await employer.request(operation.method, operation.path_of(**values), json=json)
    assert answer.is_success, answer.text
    assert answer.headers["cache-control"] == "no-store"
    if "json" not in answer.headers.get("content-type", ""):
        found[name] = None
        return None
    found[name] = (found.get(name) or set()) | set(keys_of(answer.json()))
    return answer.json()
