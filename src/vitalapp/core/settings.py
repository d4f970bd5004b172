"""Settings from the environment, each wrong value a one-line error."""

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from vitalapp.core.failures import Failure

Store = Literal["identity", "vault", "ledger"]
STORES: tuple[Store, ...] = ("identity", "vault", "ledger")

EEA_COUNTRIES = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DK",
        "EE",
        "FI",
        "FR",
        "DE",
        "GR",
        "HU",
        "IE",
        "IT",
        "LV",
        "LT",
        "LU",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SK",
        "SI",
        "ES",
        "SE",
        "IS",
        "LI",
        "NO",
    ]
)

# OWASP's floor for Argon2id; less would only do where nobody's password is real.
LEAST_PASSWORD_MEMORY_KIB = 19_456


_STAFF_ROLES = frozenset({"coach", "privacy_officer", "complaints_officer", "operator"})


class SettingsError(Failure):
    """A setting is missing or wrong; the message is one sentence that says which and what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a process may be told; each field is the environment's `VITALAPP_<FIELD>` in capitals.

    Units: seconds, bytes and KiB where the name says so; `*_limit_factor` multiplies production's rate limits;
    `staff_networks` holds networks that all staff come from, and `role=network` for one role. Empty, it lets no staff in outside
    the local run.
    """

    identity_dsn: str | None = None
    vault_dsn: str | None = None
    ledger_dsn: str | None = None
    redis_url: str | None = None
    kek_file: Path | None = None
    session_key_file: Path | None = None
    signing_key_file: Path | None = None
    ledger_key_file: Path | None = None
    anchor_dir: Path | None = None
    instruments_dir: Path | None = None
    breached_passwords_file: Path | None = None
    seller_file: Path | None = None
    public_url: str = "http://localhost:8000"
    smtp_url: str = "smtp://localhost:25"
    mail_from: str = "Vitalapp <no-reply@vitalapp.example>"
    security_contact: str = "mailto:security@vitalapp.example"
    hosting_country: str = "NL"
    trusted_proxies: tuple[str, ...] = ()
    metrics_networks: tuple[str, ...] = ()
    staff_networks: tuple[str, ...] = ()
    minimum_ios_version: str = "1.0.0"
    minimum_android_version: str = "1.0.0"
    minimum_web_version: str = "1.0.0"
    maintenance_until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    maintenance_message: str = ""
    rate_limit_factor: int = 1
    pool_size: int = 10
    password_memory_kib: int = 19_456
    is_local_run: bool = False
    fcm_url: str | None = None
    backup_days: int = 30
    identity_retention_dsn: str | None = None
    vault_retention_dsn: str | None = None
    ledger_retention_dsn: str | None = None

    def dsn(self, store: Store) -> str | None:
        """The data source name of a store, None where this process does not know it."""
        return {"identity": self.identity_dsn, "vault": self.vault_dsn, "ledger": self.ledger_dsn}[store]

    def retention_dsn(self, store: Store) -> str | None:
        """The data source name under which rows past their term go, None where this process does not know it."""
        return {
            "identity": self.identity_retention_dsn,
            "vault": self.vault_retention_dsn,
            "ledger": self.ledger_retention_dsn,
        }[store]


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read `VITALAPP_*` from `environ`; lists are comma-separated.

    Raises: SettingsError with one sentence naming the variable.
    Rule: S0-15 and S1-08, hosting stays inside the EEA.
    """
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        raw = environ.get(_variable(field.name), "").strip()
        if raw:
            is_list = field.type == tuple[str, ...]
            values[field.name] = [part.strip() for part in raw.split(",")] if is_list else raw
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_decode_path)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        raise SettingsError(f"{_variable(path.strip('`'))} is not usable: {reason}.") from None
    _check(settings)
    return settings


def _variable(field: str) -> str:
    return f"VITALAPP_{field.upper()}"


def _decode_path(_kind: type, raw: str) -> Path:
    return Path(raw)


def _check(settings: Settings) -> None:
    for store in STORES:
        dsn = settings.dsn(store)
        if dsn is not None and urlsplit(dsn).scheme not in {"postgresql", "postgres"}:
            raise SettingsError(f"VITALAPP_{store.upper()}_DSN must start with postgresql://.")
    if settings.redis_url is not None and urlsplit(settings.redis_url).scheme not in {"redis", "rediss", "unix"}:
        raise SettingsError("VITALAPP_REDIS_URL must start with redis://, rediss:// or unix://.")
    if urlsplit(settings.smtp_url).scheme not in {"smtp", "smtp+starttls", "smtps"}:
        raise SettingsError("VITALAPP_SMTP_URL must start with smtp://, smtp+starttls:// or smtps://.")
    if settings.hosting_country not in EEA_COUNTRIES:
        raise SettingsError("VITALAPP_HOSTING_COUNTRY must be a country of the European Economic Area (S0-15).")
    public_url = urlsplit(settings.public_url)
    if not settings.is_local_run and public_url.hostname != "localhost" and public_url.scheme != "https":
        raise SettingsError("VITALAPP_PUBLIC_URL must be an https:// address outside the local run.")
    if settings.rate_limit_factor < 1 or settings.pool_size < 1:
        raise SettingsError("VITALAPP_RATE_LIMIT_FACTOR and VITALAPP_POOL_SIZE must be 1 or more.")
    if settings.password_memory_kib < (LEAST_PASSWORD_MEMORY_KIB if not settings.is_local_run else 8):
        raise SettingsError(f"VITALAPP_PASSWORD_MEMORY_KIB must be {LEAST_PASSWORD_MEMORY_KIB} or more.")
    for name in ("trusted_proxies", "metrics_networks", "staff_networks"):
        for network in getattr(settings, name):
            _check_network(name, network)


def _check_network(name: str, entry: str) -> None:
    role, is_for_role, network = entry.rpartition("=")
    if is_for_role and (name != "staff_networks" or role not in _STAFF_ROLES):
        raise SettingsError(f"VITALAPP_{name.upper()} holds {entry!r}; only a staff role may stand before a network.")
    try:
        ipaddress.ip_network(network)
    except ValueError:
        raise SettingsError(f"VITALAPP_{name.upper()} holds {entry!r}, which is not a network.") from None
