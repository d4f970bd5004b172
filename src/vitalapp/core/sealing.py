"""Sealing of single values with AES-256-GCM, bound to the place where they stand."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_HEADER_BYTES = 3


class SealBroken(Exception):
    """A sealed value does not open: wrong key, wrong place, or altered."""


def seal_bytes(key: bytes, key_version: int, place: bytes, plaintext: bytes) -> bytes:
    """Seal `plaintext` under a 32-byte `key`.

    Shape: format byte, key version (2 bytes, big-endian), nonce (12 bytes), ciphertext and tag.
    """
    header = _FORMAT + key_version.to_bytes(2, "big")
    nonce = os.urandom(_NONCE_BYTES)
    return header + nonce + AESGCM(key).encrypt(nonce, plaintext, header + place)


def open_bytes(key: bytes, place: bytes, sealed: bytes) -> bytes:
    """Open what `seal_bytes` made at the same place.

    Raises: SealBroken.
    """
    header, nonce, ciphertext = (
        sealed[:_HEADER_BYTES],
        sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES],
        sealed[_HEADER_BYTES + _NONCE_BYTES :],
    )
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, header + place)
    except (InvalidTag, ValueError):
        raise SealBroken from None


def key_version(sealed: bytes) -> int:
    """The version of the key that a sealed value names in its header."""
    return int.from_bytes(sealed[1:_HEADER_BYTES], "big")


class PersonKey:
    """One person's opened data key, for the length of one request or job.

    Each value is bound to person, table, row and column: a swapped row does not open.
    """

    __slots__ = ("_key", "_owner")

    def __init__(self, owner_id: UUID, data_key: bytes) -> None:
        self._owner = owner_id.bytes
        self._key = data_key

    def seal(self, table: str, row: UUID | str, column: str, plaintext: bytes) -> bytes:
        """Seal one value of one row."""
        return seal_bytes(self._key, 1, self._place(table, row, column), plaintext)

    def open(self, table: str, row: UUID | str, column: str, sealed: bytes) -> bytes:
        """Open one value of one row.

        Raises: SealBroken.
        """
        return open_bytes(self._key, self._place(table, row, column), sealed)

    def _place(self, table: str, row: UUID | str, column: str) -> bytes:
        return self._owner + f"\x1f{table}\x1f{row}\x1f{column}".encode()
