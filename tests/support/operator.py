"""What an operator's commands are told of the test's stores: the fixture `operator_environment`, for `vitalapp(...)`."""

from typing import Any

import msgspec
import pytest

from tests.support.databases import Stores
from vitalapp.core.settings import STORES, Settings


@pytest.fixture
def operator_environment(session_settings: Settings, stores: Stores, redis_url: str) -> dict[str, str]:
    """The environment of a command that reaches every store, by its retention role as well."""
    named: dict[str, Any] = msgspec.to_builtins(session_settings, enc_hook=str)
    plain = {
        f"VITALAPP_{name.upper()}": str(value) for name, value in named.items() if isinstance(value, str | int) and value
    }
    retention = {f"VITALAPP_{store.upper()}_RETENTION_DSN": stores.of(store).retention for store in STORES}
    return {**plain, **retention}
