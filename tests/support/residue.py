"""Looks for what is left of somebody: in every column of every table of every store, and in every key of Redis."""

from collections.abc import AsyncIterator, Iterable
from typing import cast
from uuid import UUID

import asyncpg
import redis.asyncio

from vitalapp.core.settings import STORES, Store

LIST_TABLES = """
    SELECT c.oid::regclass::text AS name
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r'
    ORDER BY 1
"""


async def tables_with(superusers: dict[Store, asyncpg.Connection], needles: Iterable[UUID | bytes | str]) -> set[str]:
    """The tables (`store.table`) that hold one of these ids, bytes or texts in any column, in clear or in hexadecimal."""
    patterns = [f"%{form}%" for needle in needles for form in _forms(needle)]
    found: set[str] = set()
    for store in STORES:
        for (table,) in await superusers[store].fetch(LIST_TABLES):
            if await superusers[store].fetchval(
                f"SELECT EXISTS (SELECT FROM {table} AS r WHERE r::text LIKE ANY($1))", patterns
            ):
                found.add(f"{store}.{table}")
    return found


async def redis_with(redis_url: str, needles: Iterable[bytes]) -> list[bytes]:
    """The keys of Redis whose name or value holds one of these byte strings."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        keys: list[bytes] = [key async for key in cast(AsyncIterator[bytes], client.scan_iter())]
        contents: list[bytes] = [key + b"\n" + (await client.dump(key) or b"") for key in keys]
    return [key for key, content in zip(keys, contents, strict=True) if any(needle in content for needle in needles)]


def _forms(needle: UUID | bytes | str) -> set[str]:
    match needle:
        case UUID():
            return {str(needle), needle.hex}
        case bytes():
            return {needle.hex()}
        case str():
            return {needle, needle.encode().hex()}
