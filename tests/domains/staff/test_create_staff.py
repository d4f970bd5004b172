"""Operators add staff and close their accounts."""

import httpx
import pytest
from pyotp.totp import TOTP

from tests.support.staff import Worker, Workers
from vitalapp.core.resources import Resources


@pytest.fixture
async def operator(operator_client: httpx.AsyncClient, resources: Resources) -> Worker:
    """An operator in the operator's process."""
    return await Workers(operator_client, resources).signed_in("operator")


NEW_COACH = {
    "email": "Noor@Care.example",
    "display_name": "Noor Bakker",
    "role": "coach",
    "profession": "psychologist",
    "languages": ["nl", "en"],
    "themes": ["sleep"],
}


async def test_the_answer_holds_the_secrets_once_and_the_store_no_name_in_clear(
    operator: Worker, client: httpx.AsyncClient, resources: Resources
) -> None:
    answer = await operator.post("/admin/v1/staff", json=NEW_COACH)
    assert answer.status_code == 201, answer.text
    secrets = answer.json()
    assert secrets["otpauth_uri"].startswith("otpauth://totp/")
    row = await resources.identity.fetchrow("SELECT * FROM staff WHERE staff_id = $1", secrets["id"])
    assert row
    for canary in ("noor", "bakker", secrets["totp_secret"].lower(), secrets["password"]):
        assert canary not in repr(dict(row)).lower()

    async def sign_in() -> httpx.Response:
        code = TOTP(secrets["totp_secret"]).at(resources.clock())
        body = {"email": "noor@care.example", "password": secrets["password"], "second_factor": code}
        return await client.post("/admin/v1/sessions", json=body)

    assert (await sign_in()).json()["code"] == "staff-inactive"
    today = resources.clock().date().isoformat()
    signed = await operator.put(f"/admin/v1/staff/{secrets['id']}/confidentiality", json={"signed_on": today})
    assert signed.json()["confidentiality_signed_on"] == today
    listed = (await operator.get("/admin/v1/staff")).json()["items"]
    assert [item["display_name"] for item in listed] == ["Els de Wit", "Noor Bakker"]


async def test_an_address_is_used_once(operator: Worker) -> None:
    assert (await operator.post("/admin/v1/staff", json=NEW_COACH)).status_code == 201
    again = await operator.post("/admin/v1/staff", json=NEW_COACH | {"email": "noor@care.example"})
    assert (again.status_code, again.json()["code"]) == (409, "staff-exists")


@pytest.mark.parametrize("change", [{"role": "operator"}, {"profession": None}, {"confidentiality_signed_on": "2999-01-01"}])
async def test_what_does_not_fit_together_is_refused(operator: Worker, change: dict[str, object]) -> None:
    assert (await operator.post("/admin/v1/staff", json=NEW_COACH | change)).status_code == 400


async def test_a_closed_account_is_refused_from_the_next_request(operator: Worker, workers: Workers) -> None:
    coach = await workers.signed_in()
    assert (await coach.get("/admin/v1/me")).status_code == 200
    closed = await operator.post(f"/admin/v1/staff/{coach.staff_id}/deactivation")
    assert (closed.status_code, closed.json()["is_active"]) == (200, False)
    assert (await coach.get("/admin/v1/me")).status_code == 401


async def test_new_credentials_end_the_old_ones(operator: Worker, workers: Workers) -> None:
    coach = await workers.signed_in()
    renewed = await operator.post(f"/admin/v1/staff/{coach.staff_id}/credentials")
    assert renewed.status_code == 201
    assert renewed.json()["password"] != coach.secrets.password
    assert (await coach.get("/admin/v1/me")).status_code == 401


async def test_only_operators_manage_staff(workers: Workers, operator_client: httpx.AsyncClient) -> None:
    coach = await workers.signed_in()
    answer = await operator_client.post("/admin/v1/staff", json=NEW_COACH, headers=coach.headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-role")
