"""GET /v1/vitality/instruments: what can be filled in, in the reader's language."""

import pytest

from tests.domains.vitality.vitality_steps import DIMENSIONS, Superusers
from tests.support.people import People

INSTRUMENTS = "/v1/vitality/instruments"


@pytest.mark.parametrize(("locale", "title"), [("nl", "Vitaliteitsmeter"), ("en", "Vitality meter")])
async def test_instruments_are_listed_with_version_and_licence(people: People, locale: str, title: str) -> None:
    answer = await (await people.signed_in()).get(INSTRUMENTS, headers={"Accept-Language": locale})
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "items": [{"key": "vitality", "version": "1.0.0", "title": title, "licence": "EUPL-1.2"}],
            "next_cursor": None,
        },
    )


async def test_an_instrument_has_all_that_the_app_needs(people: People) -> None:
    answer = await (await people.signed_in()).get(f"{INSTRUMENTS}/vitality", headers={"Accept-Language": "en"})
    body = answer.json()
    assert answer.status_code == 200
    assert [dimension["key"] for dimension in body["dimensions"]] == DIMENSIONS
    assert body["items"][0] == {
        "key": "energy_start",
        "text": "I start my day with enough energy.",
        "dimension": "energy",
        "scale": {"min": 1, "max": 5, "labels": ["Never", "Rarely", "Sometimes", "Often", "Always"]},
    }
    assert len(body["items"]) == 21
    assert set(body) == {"key", "version", "title", "introduction", "licence", "dimensions", "items"}


async def test_an_unknown_instrument_is_404(people: People) -> None:
    answer = await (await people.signed_in()).get(f"{INSTRUMENTS}/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_the_gate_and_the_fence_stand_before_them(people: People, superusers: Superusers) -> None:
    without = await people.signed_in(consent=False)
    person = await people.signed_in()
    for path in (INSTRUMENTS, f"{INSTRUMENTS}/vitality"):
        assert (await without.get(path)).json()["code"] == "consent-required"
        assert (await person.get(path)).status_code == 200
    await superusers["vault"].execute("UPDATE persons SET epoch = epoch + 1")
    for path in (INSTRUMENTS, f"{INSTRUMENTS}/vitality"):
        assert (await person.get(path)).status_code == 401
