"""What a process holds while it runs, made once at start and handed to handlers and jobs as `resources`."""

from dataclasses import dataclass, field
from typing import TypeVar

from vitalapp.core.anchor import Anchor
from vitalapp.core.clock import Clock
from vitalapp.core.data_map import DataMap, load_data_map
from vitalapp.core.failures import Failure
from vitalapp.core.keys import KeyRing, SystemKey
from vitalapp.core.legal_texts import LegalTexts, load_legal_texts
from vitalapp.core.rate_limits import RateLimiter
from vitalapp.core.redis_client import PipelinedRedis
from vitalapp.core.settings import Settings, Store
from vitalapp.core.signing import Signer
from vitalapp.core.stores import Pool

T = TypeVar("T")


@dataclass(slots=True)
class Resources:
    """Stores, keys and clock of one process.

    A process holds only what its settings name: asking for a store or key it was not given is a `MissingResource`.
    """

    settings: Settings
    clock: Clock
    redis: PipelinedRedis
    limiter: RateLimiter
    pools: dict[Store, Pool] = field(default_factory=dict[Store, Pool])
    key_ring: KeyRing | None = None
    ledger_keys: KeyRing | None = None
    document_signer: Signer | None = None
    session_key: bytes | None = None
    erasure_anchor: Anchor | None = None
    personal_data: DataMap = field(default_factory=load_data_map)
    legal_texts: LegalTexts = field(default_factory=load_legal_texts)

    @property
    def copy_key(self) -> bytes:
        """The API's own key, under which session copies lie in Redis."""
        return _present(self.session_key, "VITALAPP_SESSION_KEY_FILE")

    @property
    def identity(self) -> Pool:
        """The identity store."""
        return self._pool("identity")

    @property
    def vault(self) -> Pool:
        """The vault."""
        return self._pool("vault")

    @property
    def ledger(self) -> Pool:
        """The ledger."""
        return self._pool("ledger")

    @property
    def keys(self) -> KeyRing:
        """The key ring."""
        return _present(self.key_ring, "VITALAPP_KEK_FILE")

    @property
    def signer(self) -> Signer:
        """The signing key of receipts, certificates and seals."""
        return _present(self.document_signer, "VITALAPP_SIGNING_KEY_FILE")

    @property
    def anchor(self) -> Anchor:
        """The append-only anchor."""
        return _present(self.erasure_anchor, "VITALAPP_ANCHOR_DIR")

    def outbox_key(self, store: Store) -> SystemKey:
        """The key that seals the outbox payloads of a store; the ledger's own, since its processes hold no other."""
        return self.ledger_key("outbox") if store == "ledger" else self.keys.system("outbox")

    def ledger_key(self, purpose: str) -> SystemKey:
        """A sealing key of the ledger's own key ring."""
        return _present(self.ledger_keys, "VITALAPP_LEDGER_KEY_FILE").system(purpose)

    def ledger_index(self, purpose: str, value: bytes) -> bytes:
        """A keyed hash by the ledger's own key ring (32 bytes)."""
        return _present(self.ledger_keys, "VITALAPP_LEDGER_KEY_FILE").blind_index(purpose, value)

    def _pool(self, store: Store) -> Pool:
        return _present(self.pools.get(store), f"VITALAPP_{store.upper()}_DSN")


class MissingResource(Failure):
    """A process uses what its settings do not give it; the message names the setting."""


def _present(value: T | None, variable: str) -> T:
    if value is None:
        raise MissingResource(f"{variable} is not set for this process.")
    return value
