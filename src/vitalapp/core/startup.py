"""Opens what a process holds, checks it, and closes it again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from vitalapp.core.anchor import Anchor
from vitalapp.core.clock import Clock, utc_now
from vitalapp.core.keys import KeyFile, KeyRing
from vitalapp.core.rate_limits import RateLimiter, open_redis
from vitalapp.core.resources import Resources
from vitalapp.core.settings import Settings, SettingsError, Store
from vitalapp.core.signing import Signer
from vitalapp.core.stores import RestoreGate, open_pool, refuse_wide_credentials

AUDIENCE_STORES: dict[str, tuple[Store, ...]] = {
    "app": ("identity", "vault"),
    "operator": ("identity", "ledger"),
    "employer": ("ledger",),
    "billing": ("ledger",),
    "privacy": ("identity", "vault"),
    "worker": ("identity", "vault", "ledger"),
}


def refuse_foreign_settings(settings: Settings, *, audience: str) -> None:
    """Refuse to let a process that talks to employers know of any store or key of employees.

    Raises: SettingsError.
    """
    foreign = (settings.identity_dsn, settings.vault_dsn, settings.kek_file, settings.session_key_file)
    if audience == "employer" and any(value is not None for value in foreign):
        raise SettingsError("The employer's process takes VITALAPP_LEDGER_DSN alone; unset the other stores and keys.")


@asynccontextmanager
async def open_resources(settings: Settings, *, audience: str, clock: Clock = utc_now) -> AsyncIterator[Resources]:
    """Hold the stores and keys of one audience for the length of the block.

    Shape: `audience` is a key of `AUDIENCE_STORES`; the employer's process must not even be told of the other stores.
    Raises: SettingsError, KeyFileError.
    """
    stores = AUDIENCE_STORES[audience]
    refuse_foreign_settings(settings, audience=audience)
    await refuse_wide_credentials(settings)
    async with AsyncExitStack() as stack:
        redis = open_redis(settings, is_needed="identity" in stores)
        session_key = settings.session_key_file.read_bytes() if settings.session_key_file else None
        stack.push_async_callback(redis.aclose)
        resources = Resources(
            settings=settings,
            clock=clock,
            redis=redis,
            limiter=RateLimiter(redis, factor=settings.rate_limit_factor, secret=session_key or b""),
            key_ring=KeyRing.of(KeyFile(settings.kek_file)) if settings.kek_file else None,
            ledger_keys=KeyRing.of(KeyFile(settings.ledger_key_file)) if settings.ledger_key_file else None,
            document_signer=Signer.from_file(settings.signing_key_file) if settings.signing_key_file else None,
            session_key=session_key,
            erasure_anchor=Anchor(settings.anchor_dir) if settings.anchor_dir else None,
        )
        shut: set[Store] = set()
        for store in stores:
            gate = (
                RestoreGate(store, resources.erasure_anchor, shut)
                if resources.erasure_anchor and store != "ledger"
                else None
            )
            resources.pools[store] = pool = await open_pool(settings, store, gate=gate)
            stack.push_async_callback(pool.close)
            if gate is not None and (dsn := settings.dsn(store)):
                stack.callback(asyncio.create_task(gate.watch(dsn)).cancel)
        yield resources
