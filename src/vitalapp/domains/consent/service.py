"""Rules of consent: what opens the gate, what a person may switch, what the register remembers."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid4

from vitalapp.core.fence import StaleFence, raised_fence
from vitalapp.core.legal_texts import LegalText
from vitalapp.core.problems import ConsentRequired, FieldError, NotFound, ValidationFailed
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session, list_copies
from vitalapp.core.stores import Connection, transaction
from vitalapp.core.texts import LOCALES, Locale, mark
from vitalapp.domains.consent.errors import RequiredPurposeMissing, StatementChanged, WithdrawalIsAccountDeletion
from vitalapp.domains.consent.queries import (
    find_consented_statement,
    insert_consent_events,
    list_consent_events,
    lock_consented_statement,
    set_consented_statement,
    withdraw_everything,
)
from vitalapp.domains.consent.receipts import RECEIPT_KIND, SCHEMA_VERSION, make_receipt
from vitalapp.domains.consent.schemas import (
    ConsentEvent,
    ConsentGiven,
    ConsentView,
    HistoryLine,
    Method,
    PurposeChoice,
    PurposeView,
    ReceiptView,
    StatementView,
)

_UNKNOWN_PURPOSE = mark("The statement knows no such purpose.")


def get_current_consent_statement(resources: Resources, *, locale: Locale) -> StatementView:
    """The statement that a person is asked to accept now."""
    statement = resources.legal_texts.current("consent", resources.clock())
    return StatementView(
        id=statement.id,
        version=statement.version,
        locale=locale,
        title=statement.title[locale],
        body=statement.body[locale],
        sha256=statement.sha256[locale],
        effective_on=statement.effective_on,
        purposes=[
            PurposeView(
                key=purpose.key,
                is_required=purpose.is_required,
                title=purpose.title[locale],
                description=purpose.description[locale],
                legal_basis=purpose.legal_basis[locale],
            )
            for purpose in statement.purposes
        ],
    )


async def give_consent(resources: Resources, session: Session, given: ConsentGiven) -> ReceiptView:
    """Record a person's answer and let them in: the register and the account first, the vault's fence with it.

    Given again unchanged, it adds nothing to the register and yields the same receipt.
    Locks: the account row, then the fence row, so that no answer lands after an erasure.
    Raises: StatementChanged (409), ValidationFailed (400) for an unknown purpose, RequiredPurposeMissing (422), StaleFence.
    Rule: GDPR 4(11), 7, 9(2)(a); S2-05, S4-01.
    """
    now = resources.clock()
    statement = resources.legal_texts.current("consent", now)
    locale: Locale | None = next((locale for locale in LOCALES if statement.sha256[locale] == given.sha256), None)
    if given.statement_id != statement.id or locale is None:
        raise StatementChanged(statement.id)
    _check_purposes(statement, given.granted)
    async with raised_fence(resources, session.account_id, epoch=session.epoch, is_opening=True) as identity:
        events = await list_consent_events(identity, consent_subject_id=session.consent_subject_id)
        fresh = _answer(session.consent_subject_id, statement, events, granted=set(given.granted), locale=locale, at=now)
        await insert_consent_events(identity, events=fresh)
        await set_consented_statement(identity, account_id=session.account_id, statement_id=statement.id)
        copies = await list_copies(identity, [session.account_id])
    await resources.limiter.drop(*copies)
    return _receipt(resources, statement, [*events, *fresh])


async def get_consent(resources: Resources, session: Session) -> ConsentView:
    """Where a person's consent stands, and how it came there.

    Raises: StaleFence.
    """
    account = await find_consented_statement(resources.identity, account_id=session.account_id, epoch=session.epoch)
    if account is None:
        raise StaleFence
    events = await list_consent_events(resources.identity, consent_subject_id=session.consent_subject_id)
    return _view(resources, account.statement_id, events)


async def switch_consent_purpose(resources: Resources, session: Session, *, key: str, is_granted: bool) -> ConsentView:
    """Grant or withdraw one optional purpose, under the statement that the person last agreed to; effective at commit.

    Raises: NotFound (404) for an unknown purpose, WithdrawalIsAccountDeletion (409), ConsentRequired (403) where the current
    statement must be agreed to first, StaleFence.
    Rule: C1, S4-01.
    """
    now = resources.clock()
    statement = resources.legal_texts.current("consent", now)
    required = {purpose.key: purpose.is_required for purpose in statement.purposes}
    if key not in required:
        raise NotFound
    if required[key] and not is_granted:
        raise WithdrawalIsAccountDeletion
    async with transaction(resources.identity) as identity:
        account = await lock_consented_statement(identity, account_id=session.account_id, epoch=session.epoch)
        if account is None:
            raise StaleFence
        if is_granted and account.statement_id not in resources.legal_texts.accepted_statement_ids(now):
            raise ConsentRequired(statement.id)
        events = await list_consent_events(identity, consent_subject_id=session.consent_subject_id)
        if _is_granted(_latest(events).get(key)) != is_granted:
            event = _like(events[-1], purpose=key, is_granted=is_granted, at=now)
            await insert_consent_events(identity, events=[event])
            events.append(event)
    return _view(resources, account.statement_id, events)


async def withdraw_consent(identity: Connection, *, consent_subject_ids: list[UUID], method: Method, at: datetime) -> None:
    """Record that these people's consent has ended, all of it, in the transaction that ends it.

    Rule: S2-06.
    """
    await withdraw_everything(identity, consent_subject_ids=consent_subject_ids, method=method, at=at)


def _check_purposes(statement: LegalText, granted: list[str]) -> None:
    known = {purpose.key: purpose.is_required for purpose in statement.purposes}
    unknown = [FieldError(f"/granted/{place}", _UNKNOWN_PURPOSE) for place, key in enumerate(granted) if key not in known]
    if unknown:
        raise ValidationFailed(errors=unknown)
    if any(is_required and key not in granted for key, is_required in known.items()):
        raise RequiredPurposeMissing


def _answer(
    consent_subject_id: UUID,
    statement: LegalText,
    events: list[ConsentEvent],
    *,
    granted: set[str],
    locale: Locale,
    at: datetime,
) -> list[ConsentEvent]:
    """The events that an answer adds: what is new under this statement, and what is no longer chosen."""
    latest = _latest(events)
    added = {key for key in granted if not _is_granted(latest.get(key)) or latest[key].statement_id != statement.id}
    dropped = {key for key, event in latest.items() if _is_granted(event) and key not in granted}
    receipt_id = uuid4()
    return [
        ConsentEvent(
            consent_event_id=uuid4(),
            receipt_id=receipt_id,
            consent_subject_id=consent_subject_id,
            schema_version=SCHEMA_VERSION,
            statement_id=statement.id,
            statement_sha256=bytes.fromhex(statement.sha256[locale]),
            locale=locale,
            purpose=key,
            event="granted" if key in added else "withdrawn",
            method="app",
            at=at,
        )
        for key in sorted(added | dropped)
    ]


def _like(shown: ConsentEvent, *, purpose: str, is_granted: bool, at: datetime) -> ConsentEvent:
    """An event under the statement, and in the language, that the person was last shown."""
    return ConsentEvent(
        consent_event_id=uuid4(),
        receipt_id=uuid4(),
        consent_subject_id=shown.consent_subject_id,
        schema_version=SCHEMA_VERSION,
        statement_id=shown.statement_id,
        statement_sha256=shown.statement_sha256,
        locale=shown.locale,
        purpose=purpose,
        event="granted" if is_granted else "withdrawn",
        method="app",
        at=at,
    )


def _latest(events: Iterable[ConsentEvent]) -> dict[str, ConsentEvent]:
    return {event.purpose: event for event in events}


def _is_granted(event: ConsentEvent | None) -> bool:
    return event is not None and event.event == "granted"


def _choices(statement: LegalText, events: list[ConsentEvent], *, accepted: frozenset[UUID]) -> list[PurposeChoice]:
    """Each purpose as it stands; what was granted under a statement that no longer counts is not granted."""
    latest = _latest(events)
    return [
        PurposeChoice(
            key=purpose.key,
            is_granted=_is_granted(event := latest.get(purpose.key))
            and event is not None
            and event.statement_id in accepted,
            since=event.at if event else None,
        )
        for purpose in statement.purposes
    ]


def _view(resources: Resources, statement_id: UUID | None, events: list[ConsentEvent]) -> ConsentView:
    now = resources.clock()
    return ConsentView(
        statement_id=statement_id,
        purposes=_choices(
            resources.legal_texts.current("consent", now),
            events,
            accepted=resources.legal_texts.accepted_statement_ids(now),
        ),
        history=[
            HistoryLine(at=event.at, purpose=event.purpose, event=event.event, statement_id=event.statement_id)
            for event in events
        ],
    )


def _receipt(resources: Resources, statement: LegalText, events: list[ConsentEvent]) -> ReceiptView:
    last = events[-1]
    latest = _latest(events)
    asked = [latest[purpose.key] for purpose in statement.purposes if purpose.key in latest]
    return ReceiptView(
        receipt_id=last.receipt_id,
        granted_at=last.at,
        statement_id=statement.id,
        purposes=_choices(statement, events, accepted=frozenset({statement.id})),
        receipt=resources.signer.sign(make_receipt(resources, statement, last, asked), kind=RECEIPT_KIND),
    )
