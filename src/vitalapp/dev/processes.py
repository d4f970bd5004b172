"""The product's own processes in the local run: each told no more than its audience may know."""

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import msgspec

from vitalapp.core.settings import STORES, Store
from vitalapp.dev.bootstrap import Part
from vitalapp.dev.folder import Folder
from vitalapp.dev.programs import Program
from vitalapp.dev.stores import PUSH_REDIS_VARIABLE, REDIS_VARIABLE, StoreDsns

_API_KEYS = ("VITALAPP_KEK_FILE", "VITALAPP_SIGNING_KEY_FILE", "VITALAPP_SESSION_KEY_FILE")
_STRAY_PREFIXES = ("VITALAPP_", "PUSH_")


class Ports(msgspec.Struct, frozen=True):
    """Where the run's processes and sinks listen on 127.0.0.1."""

    app: int
    employer: int
    operator: int
    smtp: int
    mailbox: int
    push_inbox: int


class Surroundings(msgspec.Struct, frozen=True):
    """What the processes are told of the run."""

    stores: dict[Store, StoreDsns]
    redis: Mapping[str, str]
    key_files: dict[str, Path]
    anchor: Path
    ports: Ports
    has_strict_limits: bool

    def command_environment(self) -> dict[str, str]:
        """Everything: what commands of an operator are told."""
        return {
            **self._shared(),
            **self._stores(STORES),
            **self._role_dsns("retention"),
            **self._role_dsns("migration"),
            **{variable: str(path) for variable, path in self.key_files.items()},
            "VITALAPP_ANCHOR_DIR": str(self.anchor),
        }

    def programs(self, folder: Folder) -> list[Program]:
        """The processes, the APIs first."""
        anchor = {"VITALAPP_ANCHOR_DIR": str(self.anchor)}
        ledger = {**self._shared(), **self._stores(("ledger",)), **self._keys("VITALAPP_LEDGER_KEY_FILE")}
        environments = {
            "app": {**self._shared(), **self._stores(("identity", "vault")), **self._keys(*_API_KEYS), **anchor},
            "employer": ledger,
            "operator": {
                **self._shared(),
                **self._stores(("identity", "ledger")),
                **self._keys(*_API_KEYS, "VITALAPP_LEDGER_KEY_FILE"),
                **anchor,
            },
            "worker": {
                **self._shared(),
                **self._stores(STORES),
                **self._role_dsns("retention"),
                **self._keys("VITALAPP_KEK_FILE", "VITALAPP_SIGNING_KEY_FILE", "VITALAPP_LEDGER_KEY_FILE"),
                **anchor,
            },
        }
        serve = {"app": self.ports.app, "employer": self.ports.employer, "operator": self.ports.operator}
        programs = [
            self._vitalapp(
                folder, f"api-{audience}", environments[audience], "serve", "--audience", audience, "--port", str(port)
            )
            for audience, port in serve.items()
        ]
        programs.append(self._vitalapp(folder, "worker", environments["worker"], "worker"))
        programs.append(self._vitalapp(folder, "worker-employer", ledger, "worker", "--audience", "employer"))
        if find_spec("push.__main__") is not None:
            programs.append(_program(folder, "push", self._push(), "-m", "push"))
        return programs

    def _shared(self) -> dict[str, str]:
        return {
            REDIS_VARIABLE: self.redis[REDIS_VARIABLE],
            "VITALAPP_PUBLIC_URL": f"http://localhost:{self.ports.app}",
            "VITALAPP_SMTP_URL": f"smtp://127.0.0.1:{self.ports.smtp}",
            "VITALAPP_RATE_LIMIT_FACTOR": "1" if self.has_strict_limits else "100",
            "VITALAPP_STAFF_NETWORKS": "127.0.0.0/8,::1/128",
            "VITALAPP_METRICS_NETWORKS": "127.0.0.0/8,::1/128",
            "VITALAPP_IS_LOCAL_RUN": "true",
        }

    def _stores(self, stores: tuple[Store, ...]) -> dict[str, str]:
        return {f"VITALAPP_{store.upper()}_DSN": self.stores[store].roles["app"] for store in stores}

    def _role_dsns(self, part: Part) -> dict[str, str]:
        return {f"VITALAPP_{store.upper()}_{part.upper()}_DSN": dsns.roles[part] for store, dsns in self.stores.items()}

    def _keys(self, *variables: str) -> dict[str, str]:
        return {variable: str(self.key_files[variable]) for variable in variables}

    def _push(self) -> dict[str, str]:
        return {
            PUSH_REDIS_VARIABLE: self.redis[PUSH_REDIS_VARIABLE],
            "PUSH_FCM_URL": f"http://127.0.0.1:{self.ports.push_inbox}",
            "PUSH_TOKEN_URL": f"http://127.0.0.1:{self.ports.push_inbox}/token",
        }

    @staticmethod
    def _vitalapp(folder: Folder, name: str, environment: dict[str, str], *arguments: str) -> Program:
        return _program(folder, name, environment, "-m", "vitalapp", *arguments)


def _program(folder: Folder, name: str, environment: dict[str, str], *arguments: str) -> Program:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_STRAY_PREFIXES)}
    return Program(
        name=name,
        arguments=(sys.executable, *arguments),
        log_file=folder.log_file(name),
        working_directory=folder.root,
        environment={**inherited, **environment, "PYTHONUNBUFFERED": "1"},
    )
