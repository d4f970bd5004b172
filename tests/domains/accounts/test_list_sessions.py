"""GET /v1/sessions: the person's signed-in devices."""

from datetime import timedelta

from tests.support.application import TravellingClock
from tests.support.people import People


async def test_a_person_sees_their_own_devices_newest_first(people: People, clock: TravellingClock) -> None:
    person = await people.signed_in()
    clock.travel(timedelta(minutes=1))
    laptop = await people.device_of(person.account_id, person.email, name="Laptop ☕")
    await people.signed_in()
    answer = await laptop.get("/v1/sessions")
    items = answer.json()["items"]
    assert answer.status_code == 200
    assert [(item["device"], item["is_current"]) for item in items] == [
        ({"name": "Laptop ☕", "platform": "ios"}, True),
        ({"name": "Test phone", "platform": "ios"}, False),
    ]
    assert set(items[0]) == {"id", "device", "created_at", "last_used_at", "is_current"}
    assert answer.json()["next_cursor"] is None


async def test_devices_come_in_pages(people: People, clock: TravellingClock) -> None:
    person = await people.signed_in()
    for _ in range(4):
        clock.travel(timedelta(minutes=1))
        await people.device_of(person.account_id, person.email)
    clock.travel(timedelta(minutes=-4))
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (await person.get("/v1/sessions?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5


async def test_a_session_that_has_expired_is_not_shown(people: People, clock: TravellingClock) -> None:
    person = await people.signed_in()
    clock.travel(timedelta(days=61))
    other = await people.device_of(person.account_id, person.email)
    assert len((await other.get("/v1/sessions")).json()["items"]) == 1


async def test_without_a_session_it_is_401(people: People) -> None:
    assert (await people.client.get("/v1/sessions")).status_code == 401
