"""What holds for every route, whoever adds it: guarded or declared public, strict about bodies, never cached."""

from collections.abc import Iterator
from typing import Any, get_args

import httpx
import msgspec
import pytest

from tests.support.operations import ALL_OPERATIONS, Operation
from tests.support.people import People
from vitalapp.core.keys import new_token

GUARDED = [operation for operation in ALL_OPERATIONS if not operation.is_public]
OF_EMPLOYEES = [operation for operation in GUARDED if operation.path.startswith("/v1/")]
AUDIENCE_PREFIXES = {"app": ("/v1/", "/admin/v1/"), "operator": ("/admin/v1/",), "employer": ("/employer/v1/",)}
WELL_KNOWN = ("/health/", "/metrics", "/.well-known/")
TOKEN_PREFIXES = {"/v1/": "vae_", "/admin/v1/": "vas_", "/employer/v1/": "vek_"}
# What rests on the explicit consent; see "Until `wellbeing_service` is granted" in the contract.
CONSENTED = ("/v1/vitality", "/v1/diary", "/v1/coaches", "/v1/appointments", "/v1/waiting-list")


@pytest.fixture
def clients(
    client: httpx.AsyncClient, operator_client: httpx.AsyncClient, employer_client: httpx.AsyncClient
) -> dict[str, httpx.AsyncClient]:
    """A client of each audience."""
    return {"app": client, "operator": operator_client, "employer": employer_client}


async def ask(clients: dict[str, httpx.AsyncClient], operation: Operation, *, token: str | None) -> httpx.Response:
    """The operation on something that exists nowhere, with a body that no operation takes."""
    headers = {"Content-Type": "application/json"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    return await clients[operation.audience].request(operation.method, operation.path_of(), headers=headers, content="{")


async def test_every_route_is_guarded_or_declared_public(clients: dict[str, httpx.AsyncClient]) -> None:
    """Rule: S0-21, ASVS 8.2; who is not signed in learns nothing, not even what is wrong with the request."""
    assert GUARDED
    open_routes: list[str] = []
    for operation in GUARDED:
        for token in (None, "vae_", "nonsense", *(new_token(prefix) for prefix in TOKEN_PREFIXES.values())):
            answer = await ask(clients, operation, token=token)
            if answer.status_code != 401 and (token is None or answer.json()["code"] != "wrong-role"):
                open_routes.append(f"{operation} for {token and token[:4]}: {answer.status_code}")
    assert open_routes == []


@pytest.mark.parametrize("audience", AUDIENCE_PREFIXES)
def test_an_audience_has_its_own_paths_only(audience: str) -> None:
    """Rule: nothing else answers to an employer's key."""
    own = AUDIENCE_PREFIXES[audience] + WELL_KNOWN
    paths = [operation.path for operation in ALL_OPERATIONS if operation.audience == audience]
    assert [path for path in paths if not path.startswith(own)] == []


async def test_another_audiences_token_opens_no_route(clients: dict[str, httpx.AsyncClient], people: People) -> None:
    person = await people.signed_in()
    codes = {
        str(operation): (await ask(clients, operation, token=person.access_token)).json()["code"]
        for operation in GUARDED
        if not operation.path.startswith(("/v1/", *WELL_KNOWN))
    }
    assert {name: code for name, code in codes.items() if code != "wrong-role"} == {}


async def test_what_rests_on_consent_is_shut_without_it_and_nothing_else_is(
    clients: dict[str, httpx.AsyncClient], people: People
) -> None:
    """Rule: GDPR 9(2)(a); S2-05, S2-07."""
    account_id, email = await people.account()
    shut: set[str] = set()
    for operation in OF_EMPLOYEES:
        device = await people.device_of(account_id, email)
        answer = await ask(clients, operation, token=device.access_token)
        if answer.status_code == 403 and answer.json()["code"] == "consent-required":
            shut.add(str(operation))
    assert shut == {str(operation) for operation in OF_EMPLOYEES if operation.path.startswith(CONSENTED)}


async def test_no_answer_to_a_person_may_be_kept_by_a_cache(people: People) -> None:
    """Rule: ASVS 14.3.2."""
    person = await people.signed_in()
    kept: list[str] = []
    for operation in OF_EMPLOYEES:
        device = await people.device_of(person.account_id, person.email)
        answer = await device.request(operation.method, operation.path_of())
        if "no-store" not in answer.headers.get("cache-control", ""):
            kept.append(f"{operation}: {answer.status_code}")
    assert kept == []


def structs_in(annotation: Any, seen: set[type]) -> Iterator[type[msgspec.Struct]]:
    """Every Struct that a body of this type can hold."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct) and annotation not in seen:
        seen.add(annotation)
        yield annotation
        for field in msgspec.structs.fields(annotation):
            yield from structs_in(field.type, seen)
    for argument in get_args(annotation):
        yield from structs_in(argument, seen)


@pytest.mark.parametrize("operation", [op for op in ALL_OPERATIONS if op.body is not None], ids=str)
def test_a_request_body_takes_no_unknown_fields(operation: Operation) -> None:
    """Rule: S1-01."""
    structs = list(structs_in(operation.body, set()))
    assert structs, "a body that is no Struct is not checked"
    lenient = [struct.__name__ for struct in structs if not struct.__struct_config__.forbid_unknown_fields]
    assert lenient == []
