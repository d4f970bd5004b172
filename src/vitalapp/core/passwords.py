"""Argon2id, for every kind of account: in a few threads of its own, so that a rush of sign-ins waits instead of taking all memory."""

import asyncio
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from vitalapp.core.settings import Settings

T = TypeVar("T")

_THREADS = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="argon2")
_TIME_COST = 3
_PARALLELISM = 1


def normalise_password(password: str) -> str:
    """The same characters however a keyboard composes them.

    Rule: NIST SP 800-63B-4, 3.1.1.2: normalised before hashing.
    """
    return unicodedata.normalize("NFC", password)


async def hash_password(settings: Settings, password: str) -> str:
    """What is stored of a password."""
    return await _in_thread(partial(_hasher(settings.password_memory_kib).hash, normalise_password(password)))


async def verify_password(settings: Settings, password_hash: str | None, password: str) -> bool:
    """Whether the password is the hashed one; without a hash the same work is done for nothing.

    Rule: ASVS 6.3.8, pitfall 7: an unknown address takes as long as a wrong password.
    """
    hasher = _hasher(settings.password_memory_kib)
    stored = password_hash or _dummy_hash(settings.password_memory_kib)
    is_equal = await _in_thread(partial(_is_equal, hasher, stored, normalise_password(password)))
    return is_equal and password_hash is not None


def needs_rehash(settings: Settings, password_hash: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher(settings.password_memory_kib).check_needs_rehash(password_hash)


@cache
def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=_TIME_COST, memory_cost=memory_kib, parallelism=_PARALLELISM)


@cache
def _dummy_hash(memory_kib: int) -> str:
    return _hasher(memory_kib).hash(os.urandom(16).hex())


def _is_equal(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except VerifyMismatchError:
        return False


async def _in_thread(work: Callable[[], T]) -> T:
    loop: Any = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, work)
