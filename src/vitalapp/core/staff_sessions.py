"""Staff sessions: read from the identity store at each request, so that a revocation counts from the next one."""

from datetime import timedelta
from typing import Final, Literal, get_args
from uuid import UUID

import msgspec

from vitalapp.core.keys import token_hash
from vitalapp.core.resources import Resources

StaffRole = Literal["coach", "privacy_officer", "complaints_officer", "operator"]
STAFF_ROLES: Final[tuple[StaffRole, ...]] = get_args(StaffRole)

STAFF_ACCESS_PREFIX = "vas_"
STAFF_REFRESH_PREFIX = "vsr_"

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=12)


class StaffSession(msgspec.Struct, frozen=True, kw_only=True):
    """Which member of staff is asking."""

    session_id: UUID
    staff_id: UUID
    role: StaffRole
    locale: str


USE_STAFF_TOKEN = """
    WITH token AS (
        SELECT session_id, generation FROM staff_access_tokens WHERE token_hash = $1 AND expires_at > $2
    ), used AS (
        UPDATE staff_sessions
        SET last_used_at = greatest(staff_sessions.last_used_at, $2),
            is_successor_used = is_successor_used OR staff_sessions.generation = token.generation
        FROM token
        WHERE staff_sessions.session_id = token.session_id AND absolute_expires_at > $2 AND last_used_at > $3
        RETURNING staff_sessions.session_id, staff_sessions.staff_id
    )
    SELECT session_id, staff_id, role, locale
    FROM used JOIN staff USING (staff_id)
    WHERE is_active AND confidentiality_signed_on <= $4
"""


async def use_staff_token(resources: Resources, token: str) -> StaffSession | None:
    """The session of an access token, which counts as used now; None where it has ended, or its holder may not work any more.

    Rule: S1-13, nobody before confidentiality is signed; 12 hours at most, one hour without use.
    """
    now = resources.clock()
    row = await resources.identity.fetchrow(USE_STAFF_TOKEN, token_hash(token), now, now - IDLE, now.date())
    return None if row is None else msgspec.convert(row, StaffSession)
