"""Access and refresh tokens of a session's family.

A refresh token's successor is computed from it, so that the same token gives the same successor again on every replica and
nothing has to be kept in clear. A token names its session and generation and proves that we made it, so that one used up long ago is
still known as one of the family.
"""

import base64
import binascii
import hashlib
import hmac
import os
from typing import Final
from uuid import UUID

import msgspec

from vitalapp.core.sessions import ACCESS_PREFIX, REFRESH_PREFIX

_ID_BYTES: Final = 16
_GENERATION_BYTES: Final = 4
_SECRET_BYTES: Final = 24
_PROOF_BYTES: Final = 16
_BODY_BYTES: Final = _ID_BYTES + _GENERATION_BYTES + _SECRET_BYTES


class TokenPair(msgspec.Struct, frozen=True, kw_only=True):
    """What a client holds: an access token, and the refresh token that asks for the next pair."""

    access_token: str
    refresh_token: str


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a genuine refresh token says."""

    session_id: UUID
    generation: int


class TokenMint:
    """Makes and recognises the tokens of every session, under a key derived from the API's own."""

    def __init__(self, copy_key: bytes) -> None:
        self._key = hmac.digest(copy_key, b"vitalapp refresh tokens", hashlib.sha256)

    def first_pair(self, session_id: UUID) -> TokenPair:
        """The pair of a sign-in, from chance alone."""
        return self._pair(session_id, 1, os.urandom(_SECRET_BYTES))

    def next_pair(self, token: RefreshToken, presented: str) -> TokenPair:
        """The successor of a genuine refresh token, the same each time.

        Rule: api.md, "the old one gives the same successor again"; pitfall 4.
        """
        secret = hmac.digest(self._key, b"successor" + presented.encode(), hashlib.sha256)[:_SECRET_BYTES]
        return self._pair(token.session_id, token.generation + 1, secret)

    def read(self, presented: str) -> RefreshToken | None:
        """What a refresh token says; None for one that is not ours."""
        try:
            raw = base64.b64decode(presented.removeprefix(REFRESH_PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, proof = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
        if not presented.startswith(REFRESH_PREFIX) or not hmac.compare_digest(proof, self._proof(body)):
            return None
        return RefreshToken(
            session_id=UUID(bytes=body[:_ID_BYTES]),
            generation=int.from_bytes(body[_ID_BYTES : _ID_BYTES + _GENERATION_BYTES], "big"),
        )

    def _pair(self, session_id: UUID, generation: int, secret: bytes) -> TokenPair:
        body = session_id.bytes + generation.to_bytes(_GENERATION_BYTES, "big") + secret
        return TokenPair(
            access_token=ACCESS_PREFIX + _text(hmac.digest(self._key, b"access" + body, hashlib.sha256)),
            refresh_token=REFRESH_PREFIX + _text(body + self._proof(body)),
        )

    def _proof(self, body: bytes) -> bytes:
        return hmac.digest(self._key, b"proof" + body, hashlib.sha256)[:_PROOF_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
