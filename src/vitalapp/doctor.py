"""What is misconfigured, in words: each complaint one sentence that says what to do."""

import asyncio
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from vitalapp.core.keys import KeyFile, KeyFileError
from vitalapp.core.migrations import MigrationError, list_migrations, list_pending
from vitalapp.core.settings import STORES, Settings, SettingsError, Store, load_settings
from vitalapp.core.stores import refuse_wide_credentials

_SECONDS = 3
_OLDEST_MAJOR = 15


async def examine(environment: Mapping[str, str]) -> list[str]:
    """Everything that is wrong with the configuration in `environment`, an empty list where nothing is."""
    try:
        settings = load_settings(environment)
        await refuse_wide_credentials(settings)
    except SettingsError as error:
        return [str(error)]
    checks = [*(_examine_store(settings, store) for store in STORES), _examine_redis(settings), _examine_smtp(settings)]
    complaints = [complaint for found in await asyncio.gather(*checks) for complaint in found]
    return [*complaints, *_examine_files(settings)]


async def _examine_store(settings: Settings, store: Store) -> list[str]:
    dsn = settings.dsn(store)
    if dsn is None:
        return [f"VITALAPP_{store.upper()}_DSN is missing: commands and processes that need the {store} store will refuse."]
    try:
        connection = await asyncpg.connect(dsn, timeout=_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return [f"The {store} store does not let us in ({type(error).__name__}): check VITALAPP_{store.upper()}_DSN."]
    try:
        complaints: list[str] = []
        if connection.get_server_version().major < _OLDEST_MAJOR:
            complaints.append(f"The {store} store runs PostgreSQL before {_OLDEST_MAJOR}: upgrade it.")
        pending = await list_pending(dsn, list_migrations(store))
        if pending:
            complaints.append(f"The {store} store lacks {len(pending)} migrations: run `vitalapp migrate --store {store}`.")
    except MigrationError as error:
        return [str(error)]
    except asyncpg.PostgresError:
        return [f"The {store} store was not made by our migrations: run `vitalapp migrate --store {store}`."]
    else:
        return complaints
    finally:
        await connection.close()


async def _examine_redis(settings: Settings) -> list[str]:
    if settings.redis_url is None:
        return ["VITALAPP_REDIS_URL is missing: requests will be slower, and rate limits will hold per process only."]
    try:
        async with Redis.from_url(settings.redis_url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS) as client:
            saves = (await client.config_get("save", "appendonly")).values()
    except (RedisError, OSError) as error:
        return [f"Redis does not let us in ({type(error).__name__}): check VITALAPP_REDIS_URL."]
    if any(value not in {"", "no"} for value in saves):
        return ['Redis keeps its data on disk: set `save ""` and `appendonly no`, it holds copies of sessions.']
    return []


async def _examine_smtp(settings: Settings) -> list[str]:
    address = urlsplit(settings.smtp_url)
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(address.hostname, address.port or 25)
    except (OSError, TimeoutError) as error:
        return [f"The mail server does not answer ({type(error).__name__}): check VITALAPP_SMTP_URL."]
    writer.close()
    return []


def _examine_files(settings: Settings) -> list[str]:
    complaints: list[str] = []
    for variable, path in {
        "VITALAPP_KEK_FILE": settings.kek_file,
        "VITALAPP_LEDGER_KEY_FILE": settings.ledger_key_file,
        "VITALAPP_SIGNING_KEY_FILE": settings.signing_key_file,
        "VITALAPP_SESSION_KEY_FILE": settings.session_key_file,
    }.items():
        complaints.extend(_examine_secret(variable, path))
    for path in (settings.kek_file, settings.ledger_key_file):
        try:
            if path is not None:
                KeyFile(path).load()
        except KeyFileError as error:
            complaints.append(str(error))
    if settings.anchor_dir is None or not os.access(settings.anchor_dir, os.W_OK):
        complaints.append("VITALAPP_ANCHOR_DIR is missing or not writable: no erasure can complete.")
    return complaints


def _examine_secret(variable: str, path: Path | None) -> list[str]:
    if path is None:
        return [f"{variable} is missing."]
    if not path.is_file():
        return [f"{variable} names no file."]
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return [f"{variable} can be read by others: chmod 600 it."]
    return []
