"""The key ring: key-encryption keys that wrap data keys, and the keyed hashes that find sealed things.

Key material comes from a `KeyProvider` (a file in the local run, a KMS in production), never from a database.
"""

import base64
import hashlib
import hmac
import os
from pathlib import Path
from time import monotonic
from typing import Protocol
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vitalapp.core.failures import Failure
from vitalapp.core.sealing import PersonKey, SealBroken, key_version, open_bytes, seal_bytes

DATA_KEY_BYTES = 32
# A version that nobody has, in an altered row, must not have the key file read for each request.
_ASK_AGAIN_SECONDS = 1.0


class KeyMaterial(msgspec.Struct, frozen=True):
    """What a provider yields.

    Shape: `current` is the newest version in `versions`; each key is 32 random bytes, base64 in the file.
    """

    current: int
    versions: dict[int, bytes]
    index_key: bytes
    erasure_key: bytes


class KeyProvider(Protocol):
    """Yields key material at start and at rotation."""

    def load(self) -> KeyMaterial:
        """The material as it stands now."""
        ...


class KeyFile:
    """Key material in a JSON file of mode 0600, for the local run and single machines."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> KeyMaterial:
        """Read the file.

        Raises: KeyFileError.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=KeyMaterial, strict=False)
        except (OSError, msgspec.MsgspecError) as error:
            raise KeyFileError(f"The key file {self.path.name} cannot be read ({type(error).__name__}).") from None

    def save(self, material: KeyMaterial) -> None:
        """Replace the file as a whole, so that a crash leaves the old or the new one."""
        fresh = self.path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(material))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)


class KeyFileError(Failure):
    """A key file is missing or not readable; the message is one sentence."""


def new_key_material() -> KeyMaterial:
    """Fresh random material with one key-encryption key, version 1."""
    return KeyMaterial(current=1, versions={1: os.urandom(32)}, index_key=os.urandom(32), erasure_key=os.urandom(32))


def with_new_version(material: KeyMaterial) -> KeyMaterial:
    """The material with one more key-encryption key, which becomes the current one."""
    version = material.current + 1
    return msgspec.structs.replace(material, current=version, versions={**material.versions, version: os.urandom(32)})


class SystemKey:
    """Seals what belongs to no person's key (queue payloads, registrations not yet activated), per purpose."""

    __slots__ = ("_derived", "_purpose", "_ring")

    def __init__(self, ring: "KeyRing", purpose: str) -> None:
        self._ring = ring
        self._purpose = purpose.encode()
        self._derived: dict[int, bytes] = {}

    def seal(self, row: UUID | str, plaintext: bytes) -> bytes:
        """Seal one row's payload."""
        version = self._ring.material.current
        return seal_bytes(self._key(version), version, self._place(row), plaintext)

    def open(self, row: UUID | str, sealed: bytes) -> bytes:
        """Open one row's payload.

        Raises: SealBroken, also where its key version has been destroyed.
        """
        return open_bytes(self._key(key_version(sealed)), self._place(row), sealed)

    def is_current(self, sealed: bytes) -> bool:
        """Whether a payload was sealed under the newest version."""
        return key_version(sealed) == self._ring.material.current

    def _key(self, version: int) -> bytes:
        if version not in self._derived:
            self._derived[version] = _derive(self._ring.wrapping_key(version), self._purpose)
        return self._derived[version]

    def _place(self, row: UUID | str) -> bytes:
        return self._purpose + f"\x1f{row}".encode()


class KeyRing:
    """Wraps and unwraps data keys locally, and computes the keyed hashes; plaintext data keys are not cached.

    A key version that it does not know makes it ask its provider again: another process has rotated the keys.
    """

    def __init__(self, material: KeyMaterial, *, provider: KeyProvider | None = None) -> None:
        self.material = material
        self._provider = provider
        self._asked_at = -_ASK_AGAIN_SECONDS
        self._system: dict[str, SystemKey] = {}

    @classmethod
    def of(cls, provider: KeyProvider) -> "KeyRing":
        """The ring of a provider's material as it stands now."""
        return cls(provider.load(), provider=provider)

    def wrapping_key(self, version: int) -> bytes:
        """A key-encryption key.

        Raises: SealBroken where its version is unknown or has been destroyed.
        """
        if version not in self.material.versions and self._provider and monotonic() - self._asked_at >= _ASK_AGAIN_SECONDS:
            self._asked_at = monotonic()
            self.material = self._provider.load()
        try:
            return self.material.versions[version]
        except KeyError:
            raise SealBroken from None

    def new_data_key(self, owner_id: UUID) -> tuple[PersonKey, bytes]:
        """A fresh data key for its owner, opened and wrapped."""
        data_key = os.urandom(DATA_KEY_BYTES)
        return PersonKey(owner_id, data_key), self._wrap(owner_id, data_key)

    def unwrap(self, owner_id: UUID, wrapped: bytes) -> PersonKey:
        """Open a wrapped data key.

        Raises: SealBroken, also where its key version has been destroyed.
        """
        return PersonKey(owner_id, self._open(owner_id, wrapped))

    def rewrap(self, owner_id: UUID, wrapped: bytes) -> bytes:
        """The same data key under the current key-encryption key."""
        return self._wrap(owner_id, self._open(owner_id, wrapped))

    def system(self, purpose: str) -> SystemKey:
        """The sealing key of one purpose, derived from the key-encryption keys."""
        if purpose not in self._system:
            self._system[purpose] = SystemKey(self, purpose)
        return self._system[purpose]

    def blind_index(self, purpose: str, value: str | bytes) -> bytes:
        """A keyed hash that finds a sealed value again (32 bytes); equal values of two purposes differ."""
        data = value.encode() if isinstance(value, str) else value
        return hmac.digest(self.material.index_key, purpose.encode() + b"\x1f" + data, hashlib.sha256)

    def erasure_mac(self, identifier: UUID | bytes) -> bytes:
        """The only trace of an erased id in the erasure ledger and its anchor (32 bytes)."""
        data = identifier.bytes if isinstance(identifier, UUID) else identifier
        return hmac.digest(self.material.erasure_key, data, hashlib.sha256)

    def _wrap(self, owner_id: UUID, data_key: bytes) -> bytes:
        version = self.material.current
        return seal_bytes(self.wrapping_key(version), version, b"data-key\x1f" + owner_id.bytes, data_key)

    def _open(self, owner_id: UUID, wrapped: bytes) -> bytes:
        return open_bytes(self.wrapping_key(key_version(wrapped)), b"data-key\x1f" + owner_id.bytes, wrapped)


def token_hash(token: str) -> bytes:
    """What is stored of a random token: its SHA-256 (tokens carry ≥ 128 bits, so no salt is needed)."""
    return hashlib.sha256(token.encode()).digest()


def new_token(prefix: str) -> str:
    """A random token of 256 bits behind a prefix that names its kind."""
    return prefix + base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vitalapp " + purpose).derive(key)
