"""Many accounts at once, made by one statement, for tests that need a crowd."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec

from vitalapp.core.resources import Resources
from vitalapp.core.settings import Store

INSERT_CONTRACT = "INSERT INTO contracts (contract_id, starts_on, ends_on) VALUES ($1, '2020-01-01', $2)"
FENCE = "INSERT INTO persons (person_id, epoch) SELECT unnest($1::uuid[]), 1"


class Member(msgspec.Struct, kw_only=True):
    """One account of a crowd."""

    account_id: UUID
    person_id: UUID
    email: str
    last_used_on: date
    ends_on: date | None = None


async def make_contract(superusers: dict[Store, asyncpg.Connection], *, ends_on: date | None = None) -> UUID:
    """A contract, running or ended."""
    contract_id = uuid4()
    await superusers["identity"].execute(INSERT_CONTRACT, contract_id, ends_on)
    return contract_id


async def make_crowd(
    resources: Resources,
    superusers: dict[Store, asyncpg.Connection],
    *,
    contract_id: UUID,
    last_used: Sequence[date],
    ends_on: date | None = None,
) -> list[Member]:
    """One account for each day of last use, with a fence in the vault."""
    crowd: list[Member] = []
    records: list[tuple[object, ...]] = []
    for last_used_on in last_used:
        account_id, person_id = uuid4(), uuid4()
        email = f"{account_id.hex}@mail.example"
        key, wrapped = resources.keys.new_data_key(person_id)
        crowd.append(
            Member(account_id=account_id, person_id=person_id, email=email, last_used_on=last_used_on, ends_on=ends_on)
        )
        records.append(
            (
                account_id,
                person_id,
                uuid4(),
                uuid4(),
                contract_id,
                resources.keys.blind_index("email", email),
                key.seal("accounts", account_id, "email_sealed", email.encode()),
                b"",
                b"",
                "en",
                "",
                "1",
                wrapped,
                datetime(2020, 1, 1, tzinfo=UTC),
                last_used_on,
            )
        )
    await superusers["identity"].copy_records_to_table(
        "accounts",
        records=records,
        columns=[
            "account_id",
            "person_id",
            "log_subject_id",
            "consent_subject_id",
            "contract_id",
            "email_index",
            "email_sealed",
            "display_name_sealed",
            "time_zone_sealed",
            "locale",
            "password_hash",
            "accepted_terms_version",
            "wrapped_data_key",
            "created_at",
            "last_used_on",
        ],
    )
    await superusers["vault"].execute(FENCE, [member.person_id for member in crowd])
    return crowd
