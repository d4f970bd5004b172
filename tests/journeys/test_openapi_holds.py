"""The OpenAPI documents against the running product: whatever a client sends, no 500, and no answer that is not described."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks as registered
from schemathesis.core.failures import Failure

from tests.support.desk import Desk
from tests.support.phone import Phone

pytestmark = pytest.mark.xdist_group("local_run")

URLS = {"app": "api_url", "operator": "operator_api_url", "employer": "employer_api_url"}
REQUESTS_EACH = 8
# They end the session that the requests are sent with.
ENDINGS = {"end_current_session", "sign_out_staff"}
HELD = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "negative_data_rejection",
]


def described(url: str, prefix: str) -> Iterator[Any]:
    """The operations below a path, as their document describes them."""
    schema: Any = schemathesis.openapi.from_url(f"{url}/schema/openapi.json")
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.startswith(prefix) and operation.definition.raw["operationId"] not in ENDINGS:
            yield operation


def faults(operation: Any, token: str) -> list[str]:
    """What one operation does that its description does not say."""
    checks: Any = cast("Any", registered).CHECKS.get_by_names(HELD)

    @settings(
        max_examples=REQUESTS_EACH,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=checks, timeout=20)

    try:
        check()
    except (Failure, BaseExceptionGroup) as error:
        return [f"{type(each).__name__}: {each}" for each in leaves(error)]
    return []


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The failures in a group of groups."""
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from leaves(each)
    else:
        yield error


def check_all(url: str, prefix: str, token: str) -> None:
    operations = list(described(url, prefix))
    assert operations
    found = {operation.label: told for operation in operations if (told := faults(operation, token))}
    assert not found, "\n\n".join(f"{name}: {fault}" for name, told in found.items() for fault in told)


async def test_the_app_does_what_its_description_says(told: dict[str, Any], phone: Phone) -> None:
    phone.password = "another password than the examples', kettle"
    await phone.set_up()
    check_all(told["api_url"], "/v1/", phone.tokens["access_token"])
    await phone.expect(200, "GET", "/v1/diary/entries")


@pytest.mark.parametrize(("audience", "role"), [("app", "coach"), ("operator", "operator")])
async def test_the_staffs_api_does_what_its_description_says(told: dict[str, Any], audience: str, role: str) -> None:
    url = told[URLS[audience]]
    async with Desk(url, next(person for person in told["staff"] if person["role"] == role)) as desk:
        check_all(url, "/admin/v1/", desk.access_token)
        await desk.expect(200, "GET", "/admin/v1/me")


def test_the_employers_api_does_what_its_description_says(told: dict[str, Any]) -> None:
    check_all(told["employer_api_url"], "/employer/v1/", told["employer"]["api_key"])
