"""Rotation of the key-encryption key: a new version in the key file, then every data key wrapped anew while all goes on."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from vitalapp.core.data_map import Table
from vitalapp.core.failures import Failure
from vitalapp.core.keys import KeyFile, KeyRing, with_new_version
from vitalapp.core.resources import Resources

_BATCH: Final = 500


async def rotate_keys(resources: Resources, *, on_progress: Callable[[int], None]) -> tuple[int, int]:
    """Make a new key-encryption key and wrap every data key under it: the new version, and how many keys.

    Running processes read the key file again when they meet the new version. Rows that changed meanwhile keep what they have; old
    versions stay in the file for them, and for what is sealed under them, until backups no longer need them.
    Raises: Failure where another rotation runs, or the key file is not this process's to change.
    Rule: architecture, "Encryption".
    """
    path = resources.settings.kek_file
    if path is None:
        raise Failure("VITALAPP_KEK_FILE is missing: it names the key file to rotate.")
    with _alone(path):
        key_file = KeyFile(path)
        key_file.save(with_new_version(key_file.load()))
        ring = KeyRing.of(key_file)
        count = 0
        for table in resources.personal_data.tables:
            if table.data_key_owner is not None:
                count += await _rewrap(resources, ring, table, on_progress=on_progress)
    return ring.material.current, count


async def _rewrap(resources: Resources, ring: KeyRing, table: Table, *, on_progress: Callable[[int], None]) -> int:
    after: UUID | None = None
    count = 0
    while rows := await resources.identity.fetch(table.list_wrapped_sql, after, _BATCH):
        owners: list[UUID] = [row["owner"] for row in rows]
        wrapped: list[bytes] = [row["wrapped"] for row in rows]
        fresh = [ring.rewrap(owner, old) for owner, old in zip(owners, wrapped, strict=True)]
        await resources.identity.execute(table.rewrap_sql, owners, wrapped, fresh)
        after = owners[-1]
        count += len(rows)
        on_progress(len(rows))
    return count


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure("Another rotation is running: wait for it.") from None
        yield
