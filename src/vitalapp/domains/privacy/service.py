"""Rules of a person's rights, as the app asks for them."""

from uuid import UUID

from vitalapp.core.access_log import own_line
from vitalapp.core.fence import raised_fence
from vitalapp.core.keys import token_hash
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.stores import Connection
from vitalapp.domains.accounts.service import verify_password_and_second_factor
from vitalapp.domains.privacy import erasure_queries, queries
from vitalapp.domains.privacy.certificates import read_certificate
from vitalapp.domains.privacy.erasure import CUT_OFF, decide_erasures, erase_account, finish_erasures
from vitalapp.domains.privacy.schemas import (
    AccountDeletion,
    ErasureCertificate,
    ErasurePending,
    ErasureRunning,
    Ground,
    Restriction,
)


async def delete_account(
    resources: Resources, session: Session, deletion: AccountDeletion
) -> ErasureCertificate | ErasurePending:
    """Withdraw consent and erase the person who proves to be there.

    Raises: WrongPassword, SecondFactorMissing, WrongSecondFactor (403), RateLimited (429), StaleFence.
    Rule: S2-06, S0-08; GDPR 7(3), 17.
    """
    await verify_password_and_second_factor(
        resources, session, password=deletion.password, second_factor=deletion.second_factor
    )
    return await erase_account(resources, session.account_id, epoch=session.epoch, ground="withdrawal")


async def put_restriction(resources: Resources, session: Session, *, is_restricted: bool) -> Restriction:
    """Have the person's data stored only, or used again, on every replica from the next request on; logged.

    Locks: the account row, then the fence row.
    Raises: StaleFence.
    Rule: GDPR 18; S1-19, S2-27.
    """
    line = own_line(session, action="update", object_kind="restriction")
    async with raised_fence(resources, session.account_id, epoch=session.epoch, line=line) as identity:
        await queries.set_restriction(identity, account_id=session.account_id, is_restricted=is_restricted)
    return Restriction(is_restricted=is_restricted)


async def get_erasure(resources: Resources, *, erasure_id: UUID, secret: str) -> ErasureCertificate | ErasureRunning:
    """The certificate of a finished erasure, for who holds its secret.

    Raises: NotFound (404) for an unknown id, another secret, and a certificate past its thirty days.
    """
    row = await erasure_queries.find_erasure(resources.identity, erasure_id=erasure_id, secret_hash=token_hash(secret))
    if row is None:
        raise NotFound
    if not row["is_complete"]:
        return ErasureRunning(erasure_id=erasure_id)
    return read_certificate(resources, row["certificate"])


async def decide_erasures_of(identity: Connection, resources: Resources, account_ids: list[UUID], *, ground: Ground) -> int:
    """Decide on people whose account rows the caller holds, in the caller's transaction; what finishes them together.

    Rule: S0-30, a purge is the same erasure as `DELETE /v1/me`.
    """
    accounts = await erasure_queries.list_leaving_accounts(identity, account_ids=account_ids)
    return await decide_erasures(identity, resources, accounts, ground=ground)


async def try_finish_erasures(resources: Resources, first: int) -> bool:
    """Finish what was decided together; False where a store or the anchor is away, and the worker goes on."""
    try:
        await finish_erasures(resources, first=first)
    except CUT_OFF:
        return False
    return True
