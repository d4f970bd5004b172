"""The purge: warns in time, three times, and erases who stays away; parallel runs share the work, a rerun goes on."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final, get_args
from uuid import UUID

import msgspec

from vitalapp.core.mail import Mail, enqueue_mails
from vitalapp.core.mail_templates import TemplateKey
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import SealBroken
from vitalapp.core.stores import Connection, transaction
from vitalapp.domains.accounts.service import address_index
from vitalapp.domains.inactivity import queries
from vitalapp.domains.inactivity.schemas import Bounced, Explanation, Ground, PurgeReport, Warned
from vitalapp.domains.privacy.service import decide_erasures_of, try_finish_erasures

BATCH: Final = 500
TEMPLATES: Final[dict[tuple[Ground, int], TemplateKey]] = {
    ("inactivity", 30): "inactivity_30_days",
    ("inactivity", 7): "inactivity_7_days",
    ("inactivity", 1): "inactivity_1_day",
    ("contract_end", 30): "contract_ended",
    ("contract_end", 7): "contract_ended",
    ("contract_end", 1): "contract_ended",
}
_FIRST: Final = UUID(int=0)

Progress = Callable[[int], None]


async def purge_inactive(
    resources: Resources, *, as_of: datetime, is_dry_run: bool = False, on_progress: Progress = lambda _count: None
) -> PurgeReport:
    """Send the notices that are due and erase whose day has come.

    The day is the anniversary of last use, or of the contract's end, or 30 days after the first notice, whichever is later: nobody
    goes unwarned, however long no run took place. Each batch stands by itself; people who use the app meanwhile are not found.
    Rule: S0-09, S0-30, S2-19, C2; pitfall 12.
    """
    today = as_of.date()
    work = await queries.count_work(resources.identity, today=today)
    report = PurgeReport(restricted=work["restricted"])
    if is_dry_run:
        report.notices_sent = work["unwarned"] + work["later"]
        report.purged = work["due"]
        return report
    await queries.delete_void_notices(resources.identity)
    report.notices_sent += await _send_first_notices(resources, today=today, on_progress=on_progress)
    report.notices_sent += await _send_later_notices(resources, today=today, on_progress=on_progress)
    for ground in get_args(Ground):
        await _purge(resources, report, today=today, ground=ground, on_progress=on_progress)
    report.skipped = max(0, work["due"] - report.purged - report.failed)
    return report


async def count_work(resources: Resources, *, as_of: datetime) -> int:
    """How many notices and purges are due, for a progress bar."""
    work = await queries.count_work(resources.identity, today=as_of.date())
    return work["unwarned"] + work["later"] + work["due"]


async def list_bounced(resources: Resources) -> list[Bounced]:
    """The operator's list: whose notice came back."""
    return await queries.list_bounced(resources.identity)


async def explain(resources: Resources, *, email: str, as_of: datetime) -> Explanation | None:
    """Why the account of an address is purged, or not; None where there is no such account.

    Raises: ValidationFailed (400) for what is no address.
    """
    row = await queries.find_explanation(
        resources.identity, email_index=address_index(resources.keys, email), today=as_of.date()
    )
    return None if row is None else msgspec.convert(dict(row), Explanation)


async def _send_first_notices(resources: Resources, *, today: date, on_progress: Progress) -> int:
    after, sent = _FIRST, 0
    while True:
        async with transaction(resources.identity) as identity:
            batch = await queries.lock_unwarned(identity, today=today, after=after, limit=BATCH)
            if not batch:
                return sent
            indexes = [_subject_index(resources, warned) for warned in batch]
            told = await queries.insert_notices(identity, today=today, warned=batch, subject_indexes=indexes)
            await _send(identity, resources, [warned for warned in batch if warned.account_id in told])
        after, sent = batch[-1].account_id, sent + len(told)
        on_progress(len(told))


async def _send_later_notices(resources: Resources, *, today: date, on_progress: Progress) -> int:
    after, sent = _FIRST, 0
    while True:
        async with transaction(resources.identity) as identity:
            batch = await queries.raise_stages(identity, today=today, after=after, limit=BATCH)
            if not batch:
                return sent
            await _send(identity, resources, batch)
        after, sent = batch[-1].account_id, sent + len(batch)
        on_progress(len(batch))


async def _purge(resources: Resources, report: PurgeReport, *, today: date, ground: Ground, on_progress: Progress) -> None:
    after = _FIRST
    while True:
        async with transaction(resources.identity) as identity:
            account_ids = await queries.lock_due(identity, today=today, ground=ground, after=after, limit=BATCH)
            if not account_ids:
                return
            first = await decide_erasures_of(identity, resources, account_ids, ground=ground)
        if await try_finish_erasures(resources, first):
            report.purged += len(account_ids)
        else:
            report.failed += len(account_ids)
        after = account_ids[-1]
        on_progress(len(account_ids))


async def _send(identity: Connection, resources: Resources, warned: list[Warned]) -> None:
    mails: list[tuple[Mail, bytes | None]] = []
    for account in warned:
        try:
            key = resources.keys.unwrap(account.person_id, account.wrapped_data_key)
            address = key.open("accounts", account.account_id, "email_sealed", account.email_sealed).decode()
        except SealBroken:
            continue
        mail = Mail(
            to=address,
            template=TEMPLATES[account.ground, account.stage],
            locale=account.locale,
            params={"delete_on": account.delete_on.isoformat()},
        )
        mails.append((mail, _subject_index(resources, account)))
    await enqueue_mails(identity, resources.keys, mails, now=resources.clock())


def _subject_index(resources: Resources, account: Warned) -> bytes:
    return resources.keys.blind_index("subject", account.person_id.bytes)
