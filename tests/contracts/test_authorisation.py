"""Who may do what: every operation of every audience for everybody who can stand in a relationship to an employee.

An operation without a row in the table fails. `IN` is whatever follows once somebody is let in.
"""

from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest

from tests.support.cast import RELATIONSHIPS, Cast, Relationship, assemble, entangle
from tests.support.coaching import Coaches
from tests.support.employers import Employers
from tests.support.operations import ALL_OPERATIONS, Operation
from tests.support.people import People
from vitalapp.app import AUDIENCE_ROUTES

IN: Literal["in"] = "in"
Expected = int | Literal["in"]
Access = Literal[
    "public",
    "employee",
    "owner",
    "coach",
    "care",
    "privacy_officer",
    "operator",
    "staff",
    "employer",
]

# nobody, self, other_employee, coach, former_coach, other_coach, privacy_officer, complaints_officer, operator, employer
EXPECTED: dict[Access, tuple[Expected, ...]] = {
    "public": (IN, IN, IN, IN, IN, IN, IN, IN, IN, IN),
    "employee": (401, IN, IN, 403, 403, 403, 403, 403, 403, 403),
    "owner": (401, IN, 404, 403, 403, 403, 403, 403, 403, 403),
    "staff": (401, 403, 403, IN, IN, IN, IN, IN, IN, 403),
    "coach": (401, 403, 403, IN, IN, IN, 403, 403, 403, 403),
    "care": (401, 403, 403, IN, 404, 404, 403, 403, 403, 403),
    "privacy_officer": (401, 403, 403, 403, 403, 403, IN, 403, 403, 403),
    "operator": (401, 403, 403, 403, 403, 403, 403, 403, IN, 403),
    "employer": (401, 403, 403, 403, 403, 403, 403, 403, 403, IN),
}

# Each operation in one of them; the names of one access stand in the order of their paths.
ROWS: dict[Access, tuple[str, ...]] = {
    "public": (
        *("get_jwks", "get_security_txt", "get_liveness", "get_readiness", "get_metrics", "get_app_status"),
        *("sign_in_staff", "begin_passkey_sign_in", "refresh_staff_session"),
        *("send_contact_message", "get_erasure", "request_password_reset", "confirm_password_reset"),
        *("get_current_privacy_notice", "list_privacy_notice_versions", "get_current_terms", "list_terms_versions"),
        *("register", "activate_registration", "sign_in", "refresh_session", "list_support_contacts"),
    ),
    "employee": (
        *("list_appointments", "book_appointment", "list_coaches", "hold_slot", "list_coach_slots"),
        *("get_consent", "give_consent", "switch_consent_purpose", "get_current_consent_statement"),
        *("list_diary_changes", "list_diary_entries", "put_diary_entry"),
        *("delete_me", "update_me", "get_me", "list_access_log", "get_held_data", "delete_me_by_post"),
        *("request_email_change", "confirm_email_change", "list_own_emergency_accesses", "change_password"),
        *("put_restriction", "remove_totp", "add_totp", "confirm_totp"),
        *("list_sessions", "end_current_session", "step_up"),
        *("list_instruments", "get_instrument", "list_measurements", "create_measurement", "get_vitality_trend"),
        *("list_waiting", "join_waiting_list"),
    ),
    "owner": (
        *("get_appointment", "get_appointment_calendar", "cancel_appointment", "reschedule_appointment"),
        *("release_hold", "delete_diary_entry", "get_diary_entry", "share_diary_entry", "state_beside_note"),
        *("end_session", "delete_measurement", "get_measurement", "share_measurement", "leave_waiting_list"),
    ),
    "staff": (
        *("get_staff_me", "register_passkey", "begin_passkey_registration", "remove_passkey"),
        *("change_staff_password", "sign_out_staff"),
    ),
    "coach": (
        *("list_coach_appointments", "put_availability", "get_availability", "create_availability_exception"),
        *("list_availability_exceptions", "delete_availability_exception", "list_clients"),
    ),
    "care": (
        *("record_attendance", "cancel_appointment_as_coach", "get_client", "get_emergency_access"),
        *("open_emergency_access", "create_note", "list_notes", "forward_privacy_question", "list_shared"),
        *("close_trajectory", "complete_intake"),
    ),
    "privacy_officer": (
        *("list_emergency_accesses", "review_emergency_access", "list_privacy_questions", "close_privacy_question"),
    ),
    "operator": (
        *("list_employers", "create_employer", "list_api_keys", "create_api_key", "revoke_api_key", "list_contracts"),
        *("create_contract", "end_contract", "revoke_registration_links", "create_registration_link"),
        *("list_staff", "create_staff", "sign_confidentiality", "replace_staff_credentials", "deactivate_staff"),
    ),
    "employer": (
        *("list_confirmations", "get_confirmation", "list_invoices", "get_invoice", "get_invoice_pdf", "get_invoice_ubl"),
        *("create_webhook_endpoint", "list_webhook_endpoints", "update_webhook_endpoint", "get_webhook_endpoint"),
        *("delete_webhook_endpoint", "list_webhook_deliveries", "replay_webhook_delivery"),
    ),
}
ACCESS_BY_NAME: dict[str, Access] = {name: access for access, names in ROWS.items() for name in names}
# Where the rows below need things between the people, and who is let in must succeed but for these.
ENTANGLED: frozenset[Access] = frozenset({"owner", "care", "privacy_officer"})
# They end the sessions that ask, so they come last.
LAST = ("end_current_session", "sign_out_staff")
LET_IN_BUT: dict[str, int] = {"record_attendance": 409}


def test_every_operation_has_one_row() -> None:
    names = [name for names in ROWS.values() for name in names]
    assert len(names) == len(set(names))
    assert {operation.name for operation in ALL_OPERATIONS} == set(names)


@pytest.fixture
def clients(
    client: httpx.AsyncClient, operator_client: httpx.AsyncClient, employer_client: httpx.AsyncClient
) -> dict[str, httpx.AsyncClient]:
    """A client of each audience."""
    return {"app": client, "operator": operator_client, "employer": employer_client}


@pytest.fixture
async def cast(coaches: Coaches, people: People, employers: Employers) -> Cast:
    """Everybody, with nothing between them yet."""
    return await assemble(coaches, people, employer_key=(await employers.make()).key)


@pytest.mark.parametrize(
    "operation", [operation for operation in ALL_OPERATIONS if ACCESS_BY_NAME[operation.name] in ENTANGLED], ids=str
)
async def test_who_is_close_enough_reaches_a_persons_things_and_nobody_else(
    operation: Operation, clients: dict[str, httpx.AsyncClient], cast: Cast
) -> None:
    """Rule: S0-10, S0-22, S0-29; OWASP API1:2023; ASVS 8.2."""
    await entangle(cast)
    assert await outcomes(clients, operation, cast) == expected_of(operation)


@pytest.mark.parametrize("audience", AUDIENCE_ROUTES)
@pytest.mark.parametrize("access", [access for access in ROWS if access not in ENTANGLED])
async def test_everybody_gets_what_their_role_allows(
    access: Access, audience: str, clients: dict[str, httpx.AsyncClient], cast: Cast
) -> None:
    """Rule: S0-01, S0-03, S0-21; OWASP API5:2023; ASVS 8.2."""
    of_audience = [operation for operation in ALL_OPERATIONS if operation.audience == audience]
    operations = [operation for operation in of_audience if ACCESS_BY_NAME[operation.name] == access]
    wrong: dict[str, dict[Relationship, Expected]] = {}
    for operation in sorted(operations, key=lambda one: one.name in LAST):
        found = await outcomes(clients, operation, cast)
        if found != expected_of(operation):
            wrong[str(operation)] = found
    assert wrong == {}


def expected_of(operation: Operation) -> dict[Relationship, Expected]:
    """The operation's line of the table."""
    return dict(zip(RELATIONSHIPS, EXPECTED[ACCESS_BY_NAME[operation.name]], strict=True))


async def outcomes(clients: dict[str, httpx.AsyncClient], operation: Operation, cast: Cast) -> dict[Relationship, Expected]:
    """What everybody gets; who is refused asks first, since who is let in may take away what the others ask for."""
    expected = expected_of(operation)
    found: dict[Relationship, Expected] = {}
    for relationship in sorted(RELATIONSHIPS, key=lambda one: expected[one] == IN):
        answer = await ask(clients[operation.audience], operation, cast, relationship)
        found[relationship] = outcome(answer, operation)
        if found[relationship] == IN and ACCESS_BY_NAME[operation.name] in ENTANGLED:
            assert answer.is_success or answer.status_code == LET_IN_BUT.get(operation.name), answer.text
    return {relationship: found[relationship] for relationship in RELATIONSHIPS}


async def ask(client: httpx.AsyncClient, operation: Operation, cast: Cast, relationship: Relationship) -> httpx.Response:
    """The operation on the employee's things, with a body that it takes."""
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    if cast.tokens[relationship]:
        headers["Authorization"] = f"Bearer {cast.tokens[relationship]}"
    arguments: dict[str, Any] = {} if operation.body is None else {"json": cast.body(operation.name)}
    path = operation.path_of(**cast.values(relationship))
    return await client.request(operation.method, path, headers=headers, **arguments)


def outcome(answer: httpx.Response, operation: Operation) -> Expected:
    """The status of a refusal for who somebody is, `IN` for everything else."""
    code = answer.json().get("code") if "problem" in answer.headers.get("content-type", "") else None
    if answer.status_code == 401 and code == "invalid-session":
        return 401
    if answer.status_code == 403 and code in {"wrong-role", "consent-required", "restricted", "network-not-allowed"}:
        return 403
    is_about_an_object = ACCESS_BY_NAME[operation.name] in ENTANGLED
    return 404 if answer.status_code == 404 and is_about_an_object else IN
