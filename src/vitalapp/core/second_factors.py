"""Time-based one-time passwords: six digits, thirty seconds, each accepted once.

Rule: RFC 6238; ASVS 6.5.1.
"""

import hmac
from datetime import datetime

from pyotp import random_base32
from pyotp.totp import TOTP

STEP_SECONDS = 30
_ISSUER = "Vitalapp"


def new_totp_secret() -> str:
    """A fresh secret, in base32 as authenticator apps take it."""
    return random_base32()


def otpauth_uri(secret: str, *, account_name: str) -> str:
    """What the QR code of an authenticator app holds."""
    return TOTP(secret).provisioning_uri(name=account_name, issuer_name=_ISSUER)


def find_totp_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The time step that the code belongs to: the present one, the one before or the next; None for a wrong code.

    The caller accepts a step only where it is later than the last one that was accepted.
    """
    present = int(now.timestamp()) // STEP_SECONDS
    generator = TOTP(secret)
    steps = (present, present - 1, present + 1)
    matching = [step for step in steps if hmac.compare_digest(generator.generate_otp(step).encode(), code.encode())]
    return max(matching, default=None)
