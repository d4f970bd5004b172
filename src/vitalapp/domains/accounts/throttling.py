"""How often somebody may try; see docs/decisions on why nobody can lock another person out of their own device."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from vitalapp.core.rate_limits import Hit, RateLimit

_QUARTER: Final = 15 * 60
_HOUR: Final = 60 * 60
_DAY: Final = 24 * _HOUR

# One client may be a whole office behind one address, on the day that everybody gets the link.
REGISTRATIONS_PER_CLIENT: Final = RateLimit("registrations-client", requests=300, seconds=_HOUR)
REGISTRATIONS_PER_LINK: Final = RateLimit("registrations-link", requests=600, seconds=_HOUR)
MAILS_PER_CLIENT: Final = RateLimit("mails-client", requests=100, seconds=_HOUR)
MAILS_PER_ADDRESS: Final = RateLimit("mails-address", requests=5, seconds=_HOUR)
TOKENS_PER_CLIENT: Final = RateLimit("tokens-client", requests=300, seconds=_QUARTER)
CODES_PER_RESET: Final = RateLimit("codes-reset", requests=10, seconds=_HOUR)
REFRESHES_PER_SESSION: Final = RateLimit("refreshes", requests=60, seconds=_QUARTER)
_PASSWORDS_PER_SESSION: Final = RateLimit("passwords-session", requests=10, seconds=_QUARTER)
_CODES_PER_SESSION: Final = RateLimit("codes-session", requests=10, seconds=_QUARTER)

_SIGN_INS_PER_CLIENT: Final = RateLimit("sign-ins-client", requests=300, seconds=_QUARTER)
_SIGN_INS_PER_ADDRESS_AND_NETWORK: Final = RateLimit("sign-ins-pair", requests=10, seconds=_QUARTER)
_SIGN_INS_PER_ADDRESS: Final = (
    RateLimit("sign-ins-address-hour", requests=30, seconds=_HOUR),
    RateLimit("sign-ins-address-day", requests=100, seconds=_DAY),
)


def sign_in_hits(client_address: str, *, email_index: bytes, network_index: bytes, is_known_network: bool) -> list[Hit]:
    """What one attempt to sign in counts against.

    Shape: attempts from a network in which the account has a running session are not counted against the account as a whole,
    so that strangers elsewhere can use up nothing of theirs.
    Rule: NIST SP 800-63B-4, 3.2.2: at most 100 failures in a row, here in a day; ASVS 6.3.1.
    """
    address = email_index.hex()
    hits = [
        _SIGN_INS_PER_CLIENT.on_address(client_address),
        _SIGN_INS_PER_ADDRESS_AND_NETWORK.on(address + network_index.hex()),
    ]
    if not is_known_network:
        hits += [limit.on(address) for limit in _SIGN_INS_PER_ADDRESS]
    return hits


def forgiven_hits(hits: Iterable[Hit]) -> list[Hit]:
    """What a success makes undone: the counts of the account, not those of the client."""
    return [hit for hit in hits if hit.limit is not _SIGN_INS_PER_CLIENT]


def account_hits(email_index: bytes) -> list[Hit]:
    """What a password reset makes undone."""
    return [limit.on(email_index.hex()) for limit in _SIGN_INS_PER_ADDRESS]


def check_hit(session_id: UUID) -> Hit:
    """What one check of the password in a running session counts against: that session alone."""
    return _PASSWORDS_PER_SESSION.on(session_id.hex)


def code_hit(session_id: UUID) -> Hit:
    """As `check_hit`, for a second factor."""
    return _CODES_PER_SESSION.on(session_id.hex)
