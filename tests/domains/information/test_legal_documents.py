"""Anybody can read the terms and the privacy notice, in both languages, with their versions and dates."""

import hashlib
from datetime import UTC, datetime

import httpx
import pytest

from tests.support.application import TravellingClock
from vitalapp.core.resources import Resources

DOCUMENTS = ["terms", "privacy-notice"]
FIELDS = {"version", "locale", "title", "body", "sha256", "effective_on"}


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_get_current_answers_in_dutch_unless_english_is_asked_for(client: httpx.AsyncClient, document: str) -> None:
    dutch = (await client.get(f"/v1/{document}/current")).json()
    english = (await client.get(f"/v1/{document}/current", headers={"Accept-Language": "en-GB,en;q=0.9"})).json()

    assert dutch["locale"] == "nl"
    assert english["locale"] == "en"
    assert dutch["title"] != english["title"]
    for answer in (dutch, english):
        assert answer.keys() >= FIELDS
        assert answer["sha256"] == hashlib.sha256(answer["body"].encode()).hexdigest()
        assert answer["effective_on"] == "2026-01-01"


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_list_versions_pages_through_every_version_with_its_words(client: httpx.AsyncClient, document: str) -> None:
    """Rule: S1-25, S2-33, S4-23."""
    answer = await client.get(f"/v1/{document}/versions", params={"limit": 1})
    current = (await client.get(f"/v1/{document}/current")).json()

    assert answer.status_code == 200
    assert answer.json()["items"] == [{field: current[field] for field in FIELDS}]
    assert answer.json()["next_cursor"] is None


@pytest.mark.parametrize("limit", ["0", "101", "many"])
async def test_list_versions_refuses_a_limit_that_is_no_limit(client: httpx.AsyncClient, limit: str) -> None:
    assert (await client.get("/v1/terms/versions", params={"limit": limit})).status_code == 400


async def test_the_notice_names_the_provider_as_controller_and_whom_to_turn_to(client: httpx.AsyncClient) -> None:
    """Rule: S0-04, S1-03, S1-26, S2-34."""
    notice = (await client.get("/v1/privacy-notice/current")).json()

    assert notice["controller"]["name"] == "Vitalapp B.V."
    assert set(notice["contacts"]) == {
        "privacy_officer",
        "data_protection_officer",
        "security",
        "support",
        "supervisory_authority",
    }
    assert notice["contacts"]["data_protection_officer"] in notice["body"]
    assert "autoriteitpersoonsgegevens.nl" in notice["contacts"]["supervisory_authority"]


async def test_the_notice_tells_each_category_of_the_data_map_in_the_readers_language(
    client: httpx.AsyncClient, resources: Resources
) -> None:
    """Rule: S0-05, S0-11; the tables come from the register that deletes and exports, so they cannot differ from it."""
    dutch = (await client.get("/v1/privacy-notice/current")).json()["categories"]
    english = (await client.get("/v1/privacy-notice/current", headers={"Accept-Language": "en"})).json()["categories"]

    assert [category["key"] for category in dutch] == list(resources.personal_data.categories)
    for told, declared in zip(english, resources.personal_data.categories.values(), strict=True):
        assert told == {
            "key": declared.key,
            "purpose": declared.purpose,
            "legal_basis": declared.legal_basis,
            "retention": declared.retention,
            "recipients": list(declared.recipients),
        }
    for told, meant in zip(dutch, english, strict=True):
        assert told["purpose"] != meant["purpose"]
        assert "GDPR" not in told["legal_basis"]


async def test_the_first_version_is_shown_before_its_day_too(client: httpx.AsyncClient, clock: TravellingClock) -> None:
    clock.travel_to(datetime(2025, 6, 1, tzinfo=UTC))

    versions = (await client.get("/v1/terms/versions")).json()["items"]

    assert [version["version"] for version in versions] == ["1.0"]
