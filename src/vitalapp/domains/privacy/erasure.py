"""Erasure: dead at once in one transaction, then gone from every store, however often the way there is cut off.

The order is the promise. First, in identity alone: the withdrawal, the ledger's keyed hashes, the raised epoch and the work. Then the
anchor. Only then is anything deleted: the vault, identity with the wrapped key, the copies in Redis. At the end the anchor hears that it
is complete. Each step may be taken again, by anybody, any number of times.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import msgspec

from vitalapp.core.access_log import AccessLine
from vitalapp.core.anchor import AnchorUnavailable, ErasureEntry
from vitalapp.core.data_map import Table
from vitalapp.core.fence import StaleFence
from vitalapp.core.jobs import defer_job, delete_locked_jobs
from vitalapp.core.keys import KeyRing, new_token, token_hash
from vitalapp.core.mail import Mail, enqueue_mails
from vitalapp.core.mail_templates import TemplateKey
from vitalapp.core.resources import Resources
from vitalapp.core.sealing import SealBroken
from vitalapp.core.sessions import list_copies
from vitalapp.core.stores import Connection, StoreOutdated, transaction
from vitalapp.domains.consent.schemas import Method
from vitalapp.domains.consent.service import withdraw_consent
from vitalapp.domains.privacy import erasure_queries, erasure_vault_queries
from vitalapp.domains.privacy.certificates import list_retained, read_certificate, sign_certificate
from vitalapp.domains.privacy.erasure_queries import ErasureWork, LeavingAccount
from vitalapp.domains.privacy.rows import Counts, delete_rows_by_keys, in_order
from vitalapp.domains.privacy.schemas import ErasureCertificate, ErasurePending, Ground, RetainedCategory, VaultOutcome

FINISH_TASK: Final = "finish_erasures"
# The worker waits this long before it looks after work that the deciding process most likely finishes itself.
_WORKER_DELAY: Final = timedelta(seconds=30)
_METHODS: Final[dict[Ground, Method]] = {
    "withdrawal": "deletion",
    "inactivity": "inactivity",
    "contract_end": "contract_end",
}
_FAREWELL: Final[TemplateKey] = "account_deleted"

# After the deciding transaction none of these changes the answer: the worker goes on.
CUT_OFF: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, AnchorUnavailable, StoreOutdated)


async def erase_account(
    resources: Resources, account_id: UUID, *, ground: Ground, epoch: int | None = None
) -> ErasureCertificate | ErasurePending:
    """Erase one person: the certificate, or, where a store or the anchor is away, what fetches it later.

    Raises: StaleFence where the account is gone, is being erased, or has another epoch than the caller knows.
    Rule: GDPR 7(3), 17; S0-08, S2-06, S2-26; pitfalls 8 to 11.
    """
    secret = new_token("vde_")
    async with transaction(resources.identity) as identity:
        account = await erasure_queries.lock_account(identity, account_id=account_id, epoch=epoch)
        if account is None:
            raise StaleFence
        first = await decide_erasures(identity, resources, [account], ground=ground, secret=secret)
        erasure_id = await erasure_queries.get_erasure_id(identity, first=first)
    try:
        certificates = await finish_erasures(resources, first=first)
    except CUT_OFF:
        certificates = {}
    if erasure_id not in certificates:
        return ErasurePending(erasure_id=erasure_id, secret=secret)
    return read_certificate(resources, certificates[erasure_id])


async def decide_erasures(
    identity: Connection,
    resources: Resources,
    accounts: Sequence[LeavingAccount],
    *,
    ground: Ground,
    secret: str | None = None,
) -> int:
    """The first step, in the caller's transaction, which holds these accounts' rows: no way back once it commits.

    Shape: the number under which `finish_erasures` finishes them together.
    Locks: store_state, so that erasures are numbered without a gap.
    """
    now = resources.clock()
    account_ids = [account.account_id for account in accounts]
    method = _METHODS[ground]
    await withdraw_consent(
        identity, consent_subject_ids=[account.consent_subject_id for account in accounts], method=method, at=now
    )
    await erasure_queries.mark_erasing(identity, account_ids=account_ids)
    for table in filter(_is_by_address, resources.personal_data.erased("identity")):
        await identity.fetch(table.erase_people_sql, [account.email_index for account in accounts])
    first = await erasure_queries.take_sequences(identity, count=len(accounts))
    entries = [
        _entry(resources.keys, account, sequence=sequence, ground=ground, at=now)
        for sequence, account in enumerate(accounts, start=first)
    ]
    await erasure_queries.insert_ledger_entries(identity, entries=entries)
    await erasure_queries.insert_erasures(
        identity,
        entries=entries,
        account_ids=account_ids,
        secret_hash=None if secret is None else token_hash(secret),
        now=now,
    )
    await defer_job(identity, task=FINISH_TASK, arguments={"first": first}, scheduled_at=now + _WORKER_DELAY)
    return first


async def finish_erasures(resources: Resources, *, first: int) -> dict[UUID, str]:
    """Everything after the decision, for those who were decided together; the signed certificates by erasure.

    Locks: the work's rows, held throughout; then the fence rows. Nothing is deleted in identity before the vault has committed.
    Raises: whatever is in `CUT_OFF`; nothing is lost then, and the next call goes on.
    """
    async with transaction(resources.identity) as identity:
        works = await erasure_queries.lock_erasures(identity, first=first)
        if not works:
            return {}
        account_ids = [work.account_id for work in works if work.account_id is not None]
        people = await _people(identity, resources.keys, works, account_ids)
        await _shut_out(identity, resources, people)
        await asyncio.to_thread(resources.anchor.start_erasures, [work.entry() for work in works])
        certificates: dict[UUID, str] = {}
        if people:
            certificates = await _erase(identity, resources, people)
            await erasure_queries.forget_accounts(identity, first=first, certificates=certificates)
    await asyncio.to_thread(resources.anchor.complete_erasures, works[0].sequence, works[-1].sequence)
    async with transaction(resources.identity) as identity:
        await erasure_queries.complete_erasures(identity, first=first, now=resources.clock())
    return certificates


class _Leaver(msgspec.Struct, frozen=True, kw_only=True):
    work: ErasureWork
    account: LeavingAccount
    subject_index: bytes

    def keys(self) -> dict[str, Any]:
        """The person's ids, by the data map's names for them."""
        return {**msgspec.structs.asdict(self.account), "subject_index": self.subject_index}


async def _shut_out(identity: Connection, resources: Resources, people: list[_Leaver]) -> None:
    """Have the vault refuse these people from now on, though nothing may be deleted before the anchor has heard of it."""
    copies = await list_copies(identity, [person.account.account_id for person in people])
    await resources.limiter.drop(*copies)
    await erasure_vault_queries.close_fences(resources.vault, person_ids=[person.account.person_id for person in people])


async def _people(identity: Connection, keys: KeyRing, works: list[ErasureWork], account_ids: list[UUID]) -> list[_Leaver]:
    by_id = {work.account_id: work for work in works}
    return [
        _Leaver(
            work=by_id[account.account_id],
            account=account,
            subject_index=keys.blind_index("subject", account.person_id.bytes),
        )
        for account in await erasure_queries.list_leaving_accounts(identity, account_ids=account_ids)
    ]


async def _erase(identity: Connection, resources: Resources, people: list[_Leaver]) -> dict[UUID, str]:
    """Delete every row of these people; the certificates that somebody can ask for, by erasure."""
    erased = [table for table in resources.personal_data.erased("identity") if not _is_by_address(table)]
    tables = await in_order(identity, erased)
    waiting = [table for table in tables if table.subject and table.subject[1] == "subject_index"]
    # What waits to be carried goes first: a carrier under way is waited for, and none starts any more.
    counts = await _delete_rows(identity, waiting, people)
    await delete_locked_jobs(identity, locks=[person.subject_index.hex() for person in people])
    in_vault = await _erase_in_vault(resources, people)
    _add(counts, {sequence: outcome.erased for sequence, outcome in in_vault.items()})
    _add(counts, await _delete_rows(identity, [table for table in tables if table not in waiting], people))
    await _say_farewell(identity, resources, people)
    certificates: dict[UUID, str] = {}
    for person in people:
        if person.work.has_secret:
            kept = await list_retained(identity, resources.personal_data.kept("identity"), keys=person.keys())
            certificates[person.work.erasure_id] = sign_certificate(
                resources,
                erasure_id=person.work.erasure_id,
                decided_at=person.work.decided_at,
                counts=counts[person.work.sequence],
                retained=[*kept, *in_vault[person.work.sequence].retained],
            )
    return certificates


async def _erase_in_vault(resources: Resources, people: list[_Leaver]) -> dict[int, VaultOutcome]:
    """Delete these people from the vault and note it there: what the first time counted and left."""
    person_ids = [person.account.person_id for person in people]
    completed_through = await asyncio.to_thread(resources.anchor.completed_through)
    kept = resources.personal_data.kept("vault")
    async with transaction(resources.vault) as vault:
        await erasure_vault_queries.shut_fences(vault, person_ids=person_ids)
        # Rows that lead to what is kept are gone afterwards; the log of the erasure itself is there only then.
        before = await _list_retained(vault, kept, people)
        counts = await _delete_rows(vault, await in_order(vault, resources.personal_data.erased("vault")), people)
        await delete_locked_jobs(vault, locks=[person.subject_index.hex() for person in people])
        await erasure_vault_queries.delete_fences(vault, person_ids=person_ids)
        noted = await erasure_vault_queries.list_applied(vault, sequences=list(counts))
        fresh = [person for person in people if person.work.sequence not in noted]
        await erasure_vault_queries.insert_access_lines(vault, lines=[_line(person) for person in fresh])
        after = await _list_retained(vault, kept, fresh)
        outcomes = {
            sequence: VaultOutcome(erased=counts[sequence], retained=list({**before[sequence], **after[sequence]}.values()))
            for sequence in (person.work.sequence for person in fresh)
        }
        await erasure_vault_queries.delete_applied(vault, through=completed_through)
        await erasure_vault_queries.note_applied(vault, outcomes=outcomes)
    return {**noted, **outcomes}


async def _list_retained(
    connection: Connection, kept: list[Table], people: list[_Leaver]
) -> dict[int, dict[str, RetainedCategory]]:
    return {
        person.work.sequence: {
            category.category: category
            for category in (await list_retained(connection, kept, keys=person.keys()) if person.work.has_secret else ())
        }
        for person in people
    }


async def _delete_rows(connection: Connection, tables: list[Table], people: list[_Leaver]) -> dict[int, Counts]:
    """Delete these people's rows of some tables, one statement a table; how many of each category, by erasure."""
    counts = await delete_rows_by_keys(connection, tables, [person.keys() for person in people])
    return {person.work.sequence: of_person for person, of_person in zip(people, counts, strict=True)}


def _add(counts: dict[int, Counts], more: dict[int, Counts]) -> None:
    for sequence, of_person in more.items():
        counts[sequence] = dict(Counter(counts[sequence]) + Counter(of_person))


def _is_by_address(table: Table) -> bool:
    """Whether rows are found by the address, which is let go, and may be somebody's again, once the erasure is decided."""
    return table.subject is not None and table.subject[1] == "email_index"


async def _say_farewell(identity: Connection, resources: Resources, people: list[_Leaver]) -> None:
    """Tell these people that it is done, without content.

    The address lies sealed in the mail's row until the mail server has taken it, five days at most; the row names no subject,
    since it must outlive its subject's erasure.
    Rule: GDPR 12(3); S4-08.
    """
    mails: list[tuple[Mail, None]] = []
    for person in people:
        account = person.account
        try:
            key = resources.keys.unwrap(account.person_id, account.wrapped_data_key)
            address = key.open("accounts", account.account_id, "email_sealed", account.email_sealed).decode()
        except SealBroken:
            continue
        mails.append((Mail(to=address, template=_FAREWELL, locale=account.locale, params={}), None))
    await enqueue_mails(identity, resources.keys, mails, now=resources.clock())


def _entry(keys: KeyRing, account: LeavingAccount, *, sequence: int, ground: Ground, at: datetime) -> ErasureEntry:
    return ErasureEntry(
        sequence=sequence,
        erasure_id=str(uuid4()),
        account_mac=keys.erasure_mac(account.account_id),
        person_mac=keys.erasure_mac(account.person_id),
        subject_mac=keys.erasure_mac(keys.blind_index("subject", account.person_id.bytes)),
        ground=ground,
        at=at.isoformat(),
    )


def _line(person: _Leaver) -> AccessLine:
    is_own = person.work.ground == "withdrawal"
    return AccessLine(
        log_subject_id=person.account.log_subject_id,
        actor_role="self" if is_own else "system",
        actor_id=None,
        on_behalf_of=None,
        action="delete",
        object_kind="person",
        object_id=None,
        outcome="granted",
        purpose="erasure",
        authorisation=f"erasure:{person.work.ground}",
        access_point="app" if is_own else "worker",
        is_emergency=False,
    )
