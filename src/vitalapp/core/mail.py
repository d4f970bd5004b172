"""Mail: a sealed row and a job in the caller's transaction, carried by the worker when the mail server is there.

Rule: S4-08 content-free, S4-21 one fixed sender.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec

from vitalapp.core.jobs import defer_job
from vitalapp.core.keys import KeyRing
from vitalapp.core.mail_templates import TEMPLATES, TemplateKey
from vitalapp.core.stores import Connection

SEND_TASK: Final = "send_mail"
SEAL_PURPOSE: Final = "mail"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail row holds under its seal."""

    to: str
    template: TemplateKey
    locale: str
    params: dict[str, str]


INSERT_MAIL = """
    INSERT INTO mails (mail_id, payload_sealed, subject_index, created_at) VALUES ($1, $2, $3, $4)
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
) -> UUID:
    """Write one mail beside the caller's other writes in `identity`; it goes out if and only if they commit.

    Shape: `params` are exactly those of the template; `subject_index` lets an erasure find mail that still waits.
    Raises: ValueError where the params are not the template's.
    """
    given = dict(params or {})
    if set(given) != set(TEMPLATES[template].params):
        raise ValueError(f"A mail {template} takes {TEMPLATES[template].params}, not {tuple(given)}")
    mail_id = uuid4()
    mail = Mail(to=to, template=template, locale=locale, params=given)
    sealed = keys.system(SEAL_PURPOSE).seal(mail_id, msgspec.json.encode(mail))
    await connection.execute(INSERT_MAIL, mail_id, sealed, subject_index, now)
    await defer_job(connection, task=SEND_TASK, arguments={"mail_id": mail_id})
    return mail_id
