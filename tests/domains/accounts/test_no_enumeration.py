"""Who has an account shows neither in the answer nor in the time that it takes. Pitfall 7, ASVS 6.3.8.

The classifier is the best threshold on the duration, over a thousand requests about known and a thousand about unknown addresses, in
random order, each address asked about as often as any other, with password hashes so cheap that nothing hides behind them.
Its AUC is 0.5 where durations say nothing; chance alone moves it by 0.013.
"""

import dataclasses
import gc
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from tests.support.application import open_client
from tests.support.people import PASSWORD, People
from vitalapp.core.rate_limits import RateLimiter
from vitalapp.core.resources import Resources
from vitalapp.domains.accounts.service import create_registration_link

ADDRESSES = 20
REQUESTS_PER_ADDRESS = 50
HIGHEST_AUC = 0.55

Ask = Callable[[str], Awaitable[httpx.Response]]


def auc(known: list[float], unknown: list[float]) -> float:
    """How often a threshold is right about a pair, whichever way round (0.5: by chance)."""
    ranked = sorted([(duration, True) for duration in known] + [(duration, False) for duration in unknown])
    ranks = sum(rank for rank, (_, is_known) in enumerate(ranked, 1) if is_known)
    area = (ranks - len(known) * (len(known) + 1) / 2) / (len(known) * len(unknown))
    return max(area, 1 - area)


def test_the_classifier_sees_a_difference_where_there_is_one() -> None:
    noise = [random.gauss(3e-3, 3e-4) for _ in range(2000)]
    assert auc(noise[:1000], noise[1000:]) < HIGHEST_AUC
    assert auc(noise[:1000], [duration + 1e-4 for duration in noise[1000:]]) > HIGHEST_AUC


async def assert_nothing_shows(ask: Ask, known: list[str]) -> None:
    """Ask about known and unknown addresses; neither the answers nor their durations may differ."""
    unknown = [f"else{number}@mail.example" for number in range(ADDRESSES)]
    for email in [*known, *unknown]:
        await ask(email)
    order = [*known, *unknown] * REQUESTS_PER_ADDRESS
    random.shuffle(order)
    durations: dict[bool, list[float]] = {True: [], False: []}
    answers: set[tuple[int, bytes]] = set()
    gc.collect()
    gc.disable()
    try:
        for email in order:
            begun = time.perf_counter()
            answer = await ask(email)
            durations[email in known].append(time.perf_counter() - begun)
            answers.add((answer.status_code, answer.content))
    finally:
        gc.enable()
    assert len(answers) == 1
    assert auc(durations[True], durations[False]) <= HIGHEST_AUC


@pytest.fixture
async def known(people: People) -> list[str]:
    """Addresses with an account and a signed-in device."""
    emails: list[str] = []
    for number in range(ADDRESSES):
        account_id, email = await people.account(email=f"kim{number}@mail.example")
        await people.device_of(account_id, email)
        emails.append(email)
    return emails


@pytest.fixture
async def unlimited(resources: Resources, session_resources: dict[str, Resources]) -> AsyncIterator[httpx.AsyncClient]:
    """The app with rate limits that two thousand requests do not reach; they are counted all the same."""
    app = session_resources["app"]
    limiter = RateLimiter(app.redis, factor=100_000, secret=app.copy_key)
    async with open_client(dataclasses.replace(app, limiter=limiter), audience="app") as client:
        yield client


async def test_signing_in_does_not_show_who_has_an_account(unlimited: httpx.AsyncClient, known: list[str]) -> None:
    async def ask(email: str) -> httpx.Response:
        device = {"name": "Phone", "platform": "ios"}
        body = {"email": email, "password": "not the right one, at all", "device": device}
        return await unlimited.post("/v1/sessions", json=body)

    await assert_nothing_shows(ask, known)


async def test_registering_does_not_show_who_has_an_account(
    unlimited: httpx.AsyncClient, known: list[str], people: People, resources: Resources
) -> None:
    link = await create_registration_link(resources, contract_id=await people.contract())
    terms = resources.legal_texts.current("terms", resources.clock())

    async def ask(email: str) -> httpx.Response:
        body = {
            "link_token": link,
            "email": email,
            "is_16_or_older": True,
            "accepted_terms_version": terms.version,
        }
        return await unlimited.post("/v1/registrations", json=body)

    await assert_nothing_shows(ask, known)


async def test_forgetting_a_password_does_not_show_who_has_an_account(
    unlimited: httpx.AsyncClient, known: list[str]
) -> None:
    async def ask(email: str) -> httpx.Response:
        return await unlimited.post("/v1/password-resets", json={"email": email})

    await assert_nothing_shows(ask, known)


async def test_changing_the_address_does_not_show_who_has_an_account(
    unlimited: httpx.AsyncClient, known: list[str], people: People
) -> None:
    person = await people.signed_in()
    person.client = unlimited

    async def ask(email: str) -> httpx.Response:
        return await person.post("/v1/me/email-changes", json={"new_email": email, "password": PASSWORD})

    await assert_nothing_shows(ask, known)
