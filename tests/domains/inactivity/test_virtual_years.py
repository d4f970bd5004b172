"""Sixteen months of nights on a virtual clock with 2,000 people, against a model that knows nothing of the code.

There is a leap day among them, an outage of three nights, a missed week, a clock that jumps, people whose contract ends, whose
notices bounce, who are restricted, and who come back: at random, or in the last minute. Rule: S0-09, S0-30; pitfall 12.
"""

import calendar
import random
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

import asyncpg
import msgspec

from tests.domains.inactivity.people import make_contract, make_crowd
from vitalapp.core.mail import SEAL_PURPOSE, Mail
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store
from vitalapp.domains.inactivity.queries import note_bounce
from vitalapp.domains.inactivity.service import purge_inactive

PEOPLE = 2_000
FIRST_NIGHT = date(2027, 11, 1)
NIGHTS = 490
OUTAGE = {date(2028, 2, 27) + timedelta(days=days) for days in range(3)}
MISSED_WEEK = {date(2028, 6, 5) + timedelta(days=days) for days in range(7)}
JUMP = (date(2028, 9, 1), date(2028, 9, 12))

Told = tuple[date, str, date]


class Modelled:
    """One person as the rules in the requirements describe them, in plain Python."""

    def __init__(self, last_used_on: date, ends_on: date | None) -> None:
        self.last_used_on = last_used_on
        self.ends_on = ends_on
        self.is_restricted = False
        self.noticed_for: date | None = None
        self.first_noticed_on: date | None = None
        self.told_stages: set[int] = set()
        self.purged_on: date | None = None
        self.told: list[Told] = []

    def clock_started_on(self) -> date:
        """The day of last use, or of the contract's end."""
        return self.last_used_on if self.ends_on is None else min(self.last_used_on, self.ends_on)

    def night(self, today: date) -> None:
        """What must happen to this person tonight."""
        if self.purged_on:
            return
        started_on = self.clock_started_on()
        if self.noticed_for != started_on:
            self.noticed_for, self.first_noticed_on, self.told_stages = None, None, set()
        if self.is_restricted:
            return
        anniversary = a_year_after(started_on)
        if self.first_noticed_on is None:
            if today >= anniversary - timedelta(days=30):
                self.noticed_for, self.first_noticed_on = started_on, today
                self._tell(today, 30)
            return
        goes_on = self.goes_on()
        if today >= goes_on:
            self.purged_on = today
        elif today >= goes_on - timedelta(days=1):
            self._tell(today, 1)
        elif today >= goes_on - timedelta(days=7):
            self._tell(today, 7)

    def goes_on(self) -> date:
        """The later of the anniversary and thirty days after the first notice."""
        assert self.first_noticed_on
        return max(a_year_after(self.clock_started_on()), self.first_noticed_on + timedelta(days=30))

    def _tell(self, today: date, stage: int) -> None:
        if stage in self.told_stages:
            return
        self.told_stages.add(stage)
        by_contract = self.ends_on is not None and self.ends_on <= self.last_used_on
        name = "contract_ended" if by_contract else f"inactivity_{stage}_day{'' if stage == 1 else 's'}"
        self.told.append((today, name, self.goes_on()))


def a_year_after(day: date) -> date:
    last = calendar.monthrange(day.year + 1, day.month)[1]
    return date(day.year + 1, day.month, min(day.day, last))


def nights() -> list[date]:
    """The nights on which a run takes place, by the clock as it stands then."""
    day, result = FIRST_NIGHT, list[date]()
    for _ in range(NIGHTS):
        if day not in OUTAGE | MISSED_WEEK:
            result.append(day)
        day = JUMP[1] if day == JUMP[0] else day + timedelta(days=1)
    return result


async def test_everybody_is_warned_and_purged_on_the_day_that_the_model_says(
    resources: Resources, superusers: dict[Store, asyncpg.Connection]
) -> None:
    chance = random.Random(20271101)  # noqa: S311
    people: dict[str, Modelled] = {}
    ids: dict[str, object] = {}
    for ends_on in (None, None, date(2027, 12, 31), date(2028, 1, 29)):
        contract_id = await make_contract(superusers, ends_on=ends_on)
        last_used = [date(2026, 12, 1) + timedelta(days=chance.randrange(460)) for _ in range(PEOPLE // 4)]
        for made in await make_crowd(resources, superusers, contract_id=contract_id, last_used=last_used, ends_on=ends_on):
            people[made.email] = Modelled(made.last_used_on, ends_on)
            ids[made.email] = made.account_id
    identity = superusers["identity"]
    told: dict[str, list[Told]] = defaultdict(list)
    gone: dict[str, date] = {}

    for today in nights():
        returning: list[tuple[object, date]] = []
        for email, person in people.items():
            if person.purged_on or person.last_used_on > today:
                continue
            in_the_last_minute = person.first_noticed_on and person.goes_on() == today and chance.random() < 0.2
            if in_the_last_minute or chance.random() < 0.0015:
                person.last_used_on = today
                returning.append((ids[email], today))
            if chance.random() < 0.0002:
                person.is_restricted = not person.is_restricted
                await identity.execute(
                    "UPDATE accounts SET is_restricted = $2 WHERE account_id = $1", ids[email], person.is_restricted
                )
        await identity.executemany("UPDATE accounts SET last_used_on = $2 WHERE account_id = $1", returning)

        report = await purge_inactive(resources, as_of=datetime.combine(today, time(2, 15), UTC))
        for person in people.values():
            person.night(today)

        assert report.failed == 0
        assert report.purged == sum(person.purged_on == today for person in people.values()), today
        assert report.notices_sent == sum(
            person.told[-1:] != [] and person.told[-1][0] == today for person in people.values()
        )
        await _collect(resources, identity, today=today, told=told, gone=gone, chance=chance)

    assert {email: lines for email, lines in told.items() if lines} == {e: p.told for e, p in people.items() if p.told}
    assert gone == {email: person.purged_on for email, person in people.items() if person.purged_on}
    left = {row["account_id"] for row in await identity.fetch("SELECT account_id FROM accounts")}
    assert left == {ids[email] for email, person in people.items() if not person.purged_on}
    assert len(gone) > PEOPLE / 2
    for email, purged_on in gone.items():
        warned = [line for line in told[email] if line[2] <= purged_on]
        assert min(line[0] for line in warned[-3:]) <= purged_on - timedelta(days=30), "nobody goes unwarned"


async def _collect(
    resources: Resources,
    identity: asyncpg.Connection,
    *,
    today: date,
    told: dict[str, list[Told]],
    gone: dict[str, date],
    chance: random.Random,
) -> None:
    """Read and take tonight's mail, as the mail server would; some of it bounces."""
    seal_key = resources.keys.system(SEAL_PURPOSE)
    for row in await identity.fetch("DELETE FROM mails RETURNING mail_id, payload_sealed, subject_index"):
        mail = msgspec.json.decode(seal_key.open(row["mail_id"], row["payload_sealed"]), type=Mail)
        if mail.template == "account_deleted":
            gone[mail.to] = today
            continue
        told[mail.to].append((today, mail.template, date.fromisoformat(mail.params["delete_on"])))
        if chance.random() < 0.05:
            await note_bounce(identity, subject_index=row["subject_index"], now=resources.clock())
    await identity.execute("DELETE FROM procrastinate_jobs")
