"""Mail goes out once it is decided, waits while the mail server is away, and never waits for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from tests.support.databases import Stores
from tests.support.mailbox import Mailbox, open_mailbox
from vitalapp.core.keys import KeyRing, new_key_material
from vitalapp.core.mail import enqueue_mail
from vitalapp.core.mail_sender import GIVE_UP_AFTER, Bounce, BounceHandler, retry_delay, send_mail
from vitalapp.core.rate_limits import RateLimiter
from vitalapp.core.redis_client import PipelinedRedis
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings
from vitalapp.core.stores import Connection, open_pool, transaction

ADDRESS = "canary-address@mail.example"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SUBJECT = b"s" * 32


@pytest.fixture
async def resources(stores: Stores) -> AsyncIterator[Resources]:
    """What the worker holds, as far as mail needs it."""
    settings = Settings(identity_dsn=stores.identity.app, public_url="https://app.vitalapp.example")
    redis = PipelinedRedis()
    pool = await open_pool(settings, "identity")
    yield Resources(
        settings=settings,
        clock=lambda: NOW,
        redis=redis,
        limiter=RateLimiter(redis, factor=1),
        key_ring=KeyRing(new_key_material()),
        pools={"identity": pool},
    )
    await pool.close()


@asynccontextmanager
async def mail_server(resources: Resources) -> AsyncIterator[tuple[Resources, Mailbox]]:
    """A mail server that is there, and resources that know it."""
    async with open_mailbox() as mailbox:
        settings = msgspec.structs.replace(resources.settings, smtp_url=mailbox.url)
        yield replace(resources, settings=settings), mailbox


async def write_activation(resources: Resources) -> UUID:
    """One activation mail, committed."""
    async with transaction(resources.identity) as connection:
        return await enqueue_mail(
            connection,
            resources.keys,
            to=ADDRESS,
            template="activation",
            locale="nl",
            now=NOW,
            params={"token": "canary-token"},
            subject_index=SUBJECT,
        )


async def rows(resources: Resources) -> list[asyncpg.Record]:
    return await resources.identity.fetch("SELECT mail_id, payload_sealed, subject_index, attempts FROM mails")


async def jobs(resources: Resources) -> list[asyncpg.Record]:
    return await resources.identity.fetch(
        "SELECT task_name, args, lock, scheduled_at FROM procrastinate_jobs WHERE task_name = 'send_mail' ORDER BY id"
    )


async def test_a_waiting_mail_is_sealed_and_its_job_carries_its_id_alone(resources: Resources) -> None:
    mail_id = await write_activation(resources)

    (row,) = await rows(resources)
    (job,) = await jobs(resources)
    assert row["mail_id"] == mail_id
    assert b"canary" not in row["payload_sealed"]
    assert msgspec.json.decode(job["args"]) == {"mail_id": str(mail_id)}
    assert job["lock"] is None


async def test_a_transaction_that_rolls_back_leaves_no_mail(resources: Resources) -> None:
    with pytest.raises(ZeroDivisionError):
        async with transaction(resources.identity) as connection:
            await enqueue_mail(connection, resources.keys, to=ADDRESS, template="account_exists", locale="nl", now=NOW)
            raise ZeroDivisionError

    assert await rows(resources) == []
    assert await jobs(resources) == []


async def test_a_mail_without_what_its_template_needs_is_refused_before_anything_is_written(
    resources: Resources,
) -> None:
    async with transaction(resources.identity) as connection:
        with pytest.raises(ValueError, match="activation"):
            await enqueue_mail(connection, resources.keys, to=ADDRESS, template="activation", locale="nl", now=NOW)

    assert await rows(resources) == []


async def test_a_carried_mail_arrives_and_leaves_no_row(resources: Resources) -> None:
    mail_id = await write_activation(resources)

    async with mail_server(resources) as (worker, mailbox):
        await send_mail(worker, mail_id=mail_id, bounce_handlers={})
        await send_mail(worker, mail_id=mail_id, bounce_handlers={})

    assert await rows(resources) == []
    (message,) = mailbox.messages
    assert mailbox.recipients == [ADDRESS]
    assert message["To"] == ADDRESS
    assert message["Message-ID"] == f"<{mail_id}@vitalapp.example>"
    text = message.get_body(("plain",))
    assert text is not None
    assert "https://app.vitalapp.example/activate#token=canary-token" in text.get_content().splitlines()


async def test_a_mail_waits_while_the_mail_server_is_gone_and_goes_out_later(resources: Resources) -> None:
    mail_id = await write_activation(resources)
    async with open_mailbox() as closed:
        gone = replace(resources, settings=msgspec.structs.replace(resources.settings, smtp_url=closed.url))

    await send_mail(gone, mail_id=mail_id, bounce_handlers={})
    await send_mail(gone, mail_id=mail_id, bounce_handlers={})

    (row,) = await rows(resources)
    assert row["attempts"] == 2
    assert [job["scheduled_at"] for job in await jobs(resources)] == [
        None,
        NOW + timedelta(seconds=2),
        NOW + timedelta(seconds=4),
    ]
    async with mail_server(resources) as (worker, mailbox):
        await send_mail(worker, mail_id=mail_id, bounce_handlers={})
    assert len(mailbox.messages) == 1
    assert await rows(resources) == []


@pytest.mark.parametrize(("stage", "answer"), [("at_recipient", "450 Later"), ("at_data", "451 Later")])
async def test_a_temporary_refusal_is_tried_again(resources: Resources, stage: str, answer: str) -> None:
    mail_id = await write_activation(resources)

    async with mail_server(resources) as (worker, mailbox):
        setattr(mailbox, stage, answer)
        await send_mail(worker, mail_id=mail_id, bounce_handlers={})
        assert len(await rows(resources)) == 1
        setattr(mailbox, stage, "250 OK")
        await send_mail(worker, mail_id=mail_id, bounce_handlers={})

    assert len(mailbox.messages) == 1


@pytest.mark.parametrize(("stage", "answer"), [("at_recipient", "550 No such user"), ("at_data", "554 Not wanted")])
async def test_a_permanent_refusal_is_a_bounce_and_is_not_tried_again(resources: Resources, stage: str, answer: str) -> None:
    mail_id = await write_activation(resources)
    bounces: list[Bounce] = []

    async def handle(_resources: Resources, connection: Connection, bounce: Bounce) -> None:
        assert connection.is_in_transaction()
        bounces.append(bounce)

    async with mail_server(resources) as (worker, mailbox):
        setattr(mailbox, stage, answer)
        handler = BounceHandler(template="activation", handle=handle)
        await send_mail(worker, mail_id=mail_id, bounce_handlers={"activation": handler})

    assert bounces == [Bounce(template="activation", subject_index=SUBJECT, to=ADDRESS)]
    assert await rows(resources) == []
    assert len(await jobs(resources)) == 1


async def test_a_mail_that_could_not_be_carried_for_five_days_is_given_up(resources: Resources) -> None:
    mail_id = await write_activation(resources)
    async with open_mailbox() as closed:
        settings = msgspec.structs.replace(resources.settings, smtp_url=closed.url)

    await send_mail(
        replace(resources, settings=settings, clock=lambda: NOW + GIVE_UP_AFTER), mail_id=mail_id, bounce_handlers={}
    )

    assert await rows(resources) == []


async def test_a_mail_whose_key_is_gone_is_dropped_and_not_tried_for_ever(resources: Resources) -> None:
    mail_id = await write_activation(resources)

    async with mail_server(resources) as (worker, mailbox):
        await send_mail(replace(worker, key_ring=KeyRing(new_key_material())), mail_id=mail_id, bounce_handlers={})

    assert mailbox.messages == []
    assert await rows(resources) == []


async def test_an_erased_mail_is_not_sent(resources: Resources) -> None:
    """Rule: pitfall 3."""
    mail_id = await write_activation(resources)
    await resources.identity.execute("DELETE FROM mails WHERE subject_index = $1", SUBJECT)

    async with mail_server(resources) as (worker, mailbox):
        await send_mail(worker, mail_id=mail_id, bounce_handlers={})

    assert mailbox.messages == []


def test_retries_come_further_apart_and_never_stop_for_long() -> None:
    assert [retry_delay(attempts).total_seconds() for attempts in (0, 1, 2, 8, 9, 10_000)] == [2, 4, 8, 512, 900, 900]
