"""What an app asks before anybody has signed in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from tests.support.application import TravellingClock, open_client
from vitalapp.core.http.locale import accepted_locale
from vitalapp.core.resources import Resources

MAINTENANCE_UNTIL = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


async def test_get_app_status_tells_the_time_and_the_versions_that_work(
    client: httpx.AsyncClient, clock: TravellingClock
) -> None:
    answer = await client.get("/v1/app/status")

    assert answer.status_code == 200
    status = answer.json()
    told = datetime.fromisoformat(status.pop("server_time"))
    assert abs(told - clock()) < timedelta(seconds=10)
    assert status == {"minimum_versions": {"ios": "1.0.0", "android": "1.0.0", "web": "1.0.0"}, "maintenance": None}


@pytest.mark.parametrize(("minutes", "told"), [(-1, {"until": "2026-11-22T12:00:00Z", "message": "Even geduld"}), (1, None)])
async def test_maintenance_is_told_until_it_ends(
    resources: Resources, clock: TravellingClock, minutes: int, told: dict[str, str] | None
) -> None:
    settings = msgspec.structs.replace(
        resources.settings, maintenance_until=MAINTENANCE_UNTIL, maintenance_message="Even geduld"
    )
    clock.travel_to(MAINTENANCE_UNTIL + timedelta(minutes=minutes))

    async with open_client(replace(resources, settings=settings), audience="app") as client:
        status = (await client.get("/v1/app/status")).json()

    assert status["maintenance"] == told


async def test_list_support_contacts_gives_crisis_lines_first_in_the_readers_language(
    client: httpx.AsyncClient,
) -> None:
    dutch = (await client.get("/v1/support-contacts")).json()
    english = (await client.get("/v1/support-contacts", headers={"Accept-Language": "en"})).json()

    assert [contact["phone"] for contact in dutch["items"][:2]] == ["112", "0800-0113"]
    assert [contact["is_crisis"] for contact in dutch["items"][:3]] == [True, True, False]
    assert [contact["key"] for contact in dutch["items"]] == [contact["key"] for contact in english["items"]]
    assert dutch["items"][0]["description"] != english["items"][0]["description"]
    assert dutch["locale"] == "nl"
    assert dutch["next_cursor"] is None


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "nl"),
        ("en", "en"),
        ("EN-us", "en"),
        ("nl-BE, en;q=0.5", "nl"),
        ("en;q=0.3, nl;q=0.8", "nl"),
        ("de, en;q=0.1", "en"),
        ("de", "nl"),
        ("en;q=0", "nl"),
        ("en;q=high", "nl"),
        ("nl;q=0.9, en-GB, en;q=0.5", "en"),
        ("*", "nl"),
        (";;q=,", "nl"),
    ],
)
def test_the_language_is_the_one_that_the_client_likes_best_among_ours(header: str, locale: str) -> None:
    assert accepted_locale(header) == locale
