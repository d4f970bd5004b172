"""The certificate of an erasure: counts that identify nobody, what is still held, and when the last backup is unreadable."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from vitalapp.core.data_map import Table
from vitalapp.core.resources import Resources
from vitalapp.core.stores import Connection
from vitalapp.domains.privacy.schemas import ErasedCategory, ErasureCertificate, ErasureSummary, RetainedCategory

CERTIFICATE_KIND: Final = "erasure-certificate+jws"
CERTIFICATE_DAYS: Final = 30


async def list_retained(connection: Connection, tables: list[Table], *, keys: dict[str, Any]) -> list[RetainedCategory]:
    """What a store still holds of a person after their erasure, with ground and last day.

    Shape: `keys` are the person's ids, by the data map's names for them.
    Rule: GDPR 17(3); S2-26.
    """
    retained: list[RetainedCategory] = []
    for table in tables:
        if table.kept is None or table.category is None:
            continue
        key = "person_id" if table.subject is None else table.subject[1]
        since: datetime | None = await connection.fetchval(table.kept_since_sql, keys[key])
        if since is not None:
            until = years_after(since.date(), table.kept.years)
            retained.append(RetainedCategory(category=table.category, ground=table.kept.ground, until=until))
    return retained


def years_after(day: date, years: int) -> date:
    """The same day that many years on, 28 February for a leap day."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def sign_certificate(
    resources: Resources, *, erasure_id: UUID, decided_at: datetime, counts: dict[str, int], retained: list[RetainedCategory]
) -> str:
    """The signed certificate.

    Shape: a JWS over an `ErasureSummary`; categories in the order of the data map, empty ones left out.
    """
    now = resources.clock()
    summary = ErasureSummary(
        erasure_id=erasure_id,
        withdrawn_at=decided_at,
        erased=[
            ErasedCategory(category=key, count=counts[key])
            for key in resources.personal_data.categories
            if counts.get(key, 0)
        ],
        retained=[
            *retained,
            RetainedCategory(
                category="erasure", ground="GDPR 5(2), 12(3)", until=(now + timedelta(days=CERTIFICATE_DAYS)).date()
            ),
        ],
        # The wrapped data key lies in backups of identity only, and none of them is older than this.
        backups_unreadable_on=(decided_at + timedelta(days=resources.settings.backup_days)).date(),
    )
    return resources.signer.sign(msgspec.to_builtins(summary), kind=CERTIFICATE_KIND)


def read_certificate(resources: Resources, certificate: str) -> ErasureCertificate:
    """A certificate as the API shows it."""
    return msgspec.convert({**resources.signer.verify(certificate), "certificate": certificate}, ErasureCertificate)
