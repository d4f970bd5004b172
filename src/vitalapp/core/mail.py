"""Mail: a sealed row and a job in the caller's transaction, carried by the worker when the mail server is there.

Rule: S4-08 content-free, S4-21 one fixed sender.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.jobs import defer_jobs
from vitalapp.core.keys import KeyRing
from vitalapp.core.mail_templates import TEMPLATES, TemplateKey
from vitalapp.core.stores import Connection

SEND_TASK: Final = "send_mail"
SEAL_PURPOSE: Final = "mail"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail row holds under its seal.

    Shape: `reference` is for the template's `MailCheck`, which says whether the mail still holds when it is about to leave.
    """

    to: str
    template: TemplateKey
    locale: str
    params: dict[str, str]
    reference: str | None = None


INSERT_MAILS = """
    INSERT INTO mails (mail_id, payload_sealed, subject_index, created_at)
    SELECT mail_id, payload_sealed, subject_index, $4 FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS mail (
        mail_id, payload_sealed, subject_index
    )
    ON CONFLICT (mail_id) DO NOTHING
"""


async def enqueue_mail(
    connection: Connection,
    keys: KeyRing,
    *,
    to: str,
    template: TemplateKey,
    locale: str,
    now: datetime,
    params: Mapping[str, str] | None = None,
    subject_index: bytes | None = None,
    reference: str | None = None,
    mail_id: UUID | None = None,
) -> UUID:
    """Write one mail beside the caller's other writes in `identity`; it goes out if and only if they commit.

    Shape: `params` are exactly those of the template; `subject_index` lets an erasure find mail that still waits; `mail_id` is
    given by who may run twice, so that the mail waits once.
    Raises: ValueError where the params are not the template's.
    """
    mail = Mail(to=to, template=template, locale=locale, params=dict(params or {}), reference=reference)
    (used_id,) = await enqueue_mails(connection, keys, [(mail, subject_index)], now=now, mail_ids=[mail_id or uuid4()])
    return used_id


async def enqueue_mails(
    connection: Connection,
    keys: KeyRing,
    mails: Sequence[tuple[Mail, bytes | None]],
    *,
    now: datetime,
    mail_ids: list[UUID] | None = None,
) -> list[UUID]:
    """As `enqueue_mail`, for mails to many people at once, each with its subject index.

    Raises: ValueError where the params of one are not its template's.
    """
    ids = mail_ids or [uuid4() for _ in mails]
    sealed: list[bytes] = []
    for mail_id, (mail, _) in zip(ids, mails, strict=True):
        if set(mail.params) != set(TEMPLATES[mail.template].params):
            raise ValueError(f"A mail {mail.template} takes {TEMPLATES[mail.template].params}, not {tuple(mail.params)}")
        sealed.append(keys.system(SEAL_PURPOSE).seal(mail_id, msgspec.json.encode(mail)))
    await connection.execute(INSERT_MAILS, ids, sealed, [subject_index for _, subject_index in mails], now)
    await defer_jobs(connection, task=SEND_TASK, arguments=[{"mail_id": mail_id} for mail_id in ids])
    return ids
