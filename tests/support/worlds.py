"""A month in which people under one contract live, write and are coached; and everything that their employer gets to see of it."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from uuid import uuid4

import msgspec
from pypdf import PdfReader

from tests.support.application import TravellingClock
from tests.support.coaching import Coaches
from tests.support.diarist import Diarist
from tests.support.employers import Employers, TestEmployer
from tests.support.jobs import run_jobs
from tests.support.mailbox import open_mailbox
from tests.support.people import People, Person
from tests.support.receiver import Receiver
from tests.support.staff import Worker
from vitalapp.core.resources import Resources
from vitalapp.domains.billing.service import bill_period, credit_invoice, release_confirmations
from vitalapp.domains.vitality.instrument_registry import load_instruments

MONDAY = datetime(2026, 10, 5, 5, tzinfo=UTC)
NEXT_RELEASE = MONDAY + timedelta(days=7)
AFTER_THE_MONTH = datetime(2026, 11, 2, 8, tzinfo=UTC)
PERIOD = "2026-10"
_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|V[IR]-[0-9A-F]{16}|whsec_[\w+/=]+", re.ASCII
)


@dataclass(frozen=True, kw_only=True)
class Life:
    """What one person does in the month.

    Units: `day` and `hour` of the session, counted from Monday 7:00; `intake_day` is when the intake was completed.
    """

    name: str
    diary: str
    answer: int
    themes: tuple[str, ...]
    sessions: int = 1
    day: int = 1
    hour: int = 0
    intake_day: int = 2
    has_psychologist: bool = False
    is_cancelled_late: bool = False


class World:
    """Stores, clock and people of one month."""

    def __init__(
        self, resources: Resources, clock: TravellingClock, people: People, coaches: Coaches, employers: Employers
    ) -> None:
        self.resources = resources
        self.clock = clock
        self.people = people
        self.coaches = coaches
        self.employers = employers

    async def live(self, lives: list[Life], receiver: Receiver) -> dict[str, list[str]]:
        """Let the month pass; what the employer saw, without random ids, by where it saw it."""
        self.clock.freeze(MONDAY)
        receiver.requests.clear()
        employer = await self.employers.make(registration_number="12345678")
        added = await employer.request("POST", "/employer/v1/webhook-endpoints", json={"url": receiver.url})
        assert added.status_code == 201, added.text
        guides = {
            is_psychologist: await self.coaches.with_agenda(profession="psychologist" if is_psychologist else "coach")
            for is_psychologist in (False, True)
        }
        booked: list[tuple[Life, Person, dict[str, Any]]] = []
        for number, life in enumerate(lives):
            person = await self.people.signed_in(contract_id=employer.contract_id, display_name=life.name)
            await _write(person, life)
            for session in range(life.sessions):
                starts_at = MONDAY + timedelta(days=life.day, hours=(life.hour + 2 * number + session) % 24)
                guide = guides[life.has_psychologist]
                booked.append((life, person, await self.coaches.book(person, guide, starts_at, kind="session")))
        await self._deliver(booked, guides)
        async with self._mail_server() as mails:
            self.clock.freeze(NEXT_RELEASE)
            await release_confirmations(self.resources)
            await self._drain()
            self.clock.freeze(AFTER_THE_MONTH)
            assert [billed async for billed in bill_period(self.resources, PERIOD)] == [True]
            await self._drain()
            number = await self.resources.ledger.fetchval("SELECT number FROM invoices")
            await credit_invoice(self.resources, number, sessions=1)
            await self._drain()
        return {
            **await _everything_read(employer),
            "webhooks": sorted(_neutral(body.decode()) for _, body in receiver.requests),
            "mails": sorted(part for message in mails for part in _parts_of(message)),
        }

    async def _deliver(self, booked: list[tuple[Life, Person, dict[str, Any]]], guides: Mapping[bool, Worker]) -> None:
        """Complete intakes, cancel late, attend: each on the day on which it happens in these lives."""
        for day in range(7):
            self.clock.freeze(MONDAY + timedelta(days=day, hours=23))
            for is_psychologist, guide in guides.items():
                again = await self.coaches.workers.again(guide)
                mine = [each for each in booked if each[0].has_psychologist is is_psychologist]
                for life, _, appointment in mine:
                    if life.intake_day == day:
                        path = f"/admin/v1/trajectories/{appointment['trajectory_id']}/intake-completion"
                        await _expect(200, again, path, {})
                    if life.day == day and not life.is_cancelled_late:
                        path = f"/admin/v1/appointments/{appointment['id']}/attendance"
                        await _expect(200, again, path, {"status": "attended"})
            for life, person, appointment in booked:
                if life.is_cancelled_late and life.day == day + 1:
                    device = await self.people.device_of(person.account_id, person.email)
                    cancelled = await device.post(
                        f"/v1/appointments/{appointment['id']}/cancel", json={}, headers={"If-Match": '"1"'}
                    )
                    assert cancelled.json()["is_late"], cancelled.text
            await self._drain()

    async def _drain(self) -> None:
        for store in ("vault", "ledger", "identity"):
            while await run_jobs(self.resources, store):
                pass

    @asynccontextmanager
    async def _mail_server(self) -> AsyncIterator[list[EmailMessage]]:
        async with open_mailbox() as mailbox:
            before = self.resources.settings
            self.resources.settings = msgspec.structs.replace(before, smtp_url=mailbox.url)
            try:
                yield mailbox.messages
            finally:
                self.resources.settings = before


async def _write(person: Person, life: Life) -> None:
    await Diarist(person).write(text=life.diary, mood=life.answer)
    instrument = load_instruments(None).current[0]
    measured = await person.post(
        "/v1/vitality/measurements",
        json={
            "instrument": instrument.key,
            "instrument_version": instrument.version,
            "answers": {item.key: life.answer for item in instrument.items},
        },
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert measured.status_code == 201, measured.text
    profile = await person.patch("/v1/me", json={"themes": life.themes}, headers={"If-Match": '"1"'})
    assert profile.status_code == 200, profile.text


async def _expect(status: int, worker: Worker, path: str, body: dict[str, Any]) -> None:
    answer = await worker.post(path, json=body)
    assert answer.status_code == status, answer.text


async def _everything_read(employer: TestEmployer) -> dict[str, list[str]]:
    """Every GET of the employers' API, each object by its own address too."""
    seen: dict[str, list[str]] = {}
    for collection, forms in (("confirmations", ("",)), ("invoices", ("", "/ubl", "/pdf")), ("webhook-endpoints", ("",))):
        listed = await employer.get(f"/employer/v1/{collection}?limit=100")
        seen[collection] = [_neutral(listed.text)]
        for item in listed.json()["items"]:
            for form in forms:
                answer = await employer.get(f"/employer/v1/{collection}/{item['id']}{form}")
                assert answer.status_code == 200, answer.text
                text = _pdf_text(answer.content) if form == "/pdf" else answer.text
                seen.setdefault(f"{collection}{form} one by one", []).append(_neutral(text))
    return {place: sorted(texts) for place, texts in seen.items()}


def _parts_of(message: EmailMessage) -> list[str]:
    contents = [part.get_content() for part in message.walk() if not part.is_multipart()]
    texts = [_pdf_text(each) if isinstance(each, bytes) else each for each in contents]
    headers = [f"{name}: {message[name]}" for name in ("From", "To", "Subject", "Date", "Message-ID")]
    return [_neutral(text) for text in (*headers, *texts)]


def _pdf_text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def _neutral(text: str) -> str:
    return _RANDOM.sub("*", text)
