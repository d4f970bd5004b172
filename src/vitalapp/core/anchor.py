"""The anchor: an append-only place outside every database, which a restore of a backup cannot roll back.

A directory in the local run, an object store with a write-once lock in production; both hold one small file an entry.
"""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

_STARTED = ".started"
_COMPLETED = ".completed"


class AnchorUnavailable(Exception):
    """The anchor cannot be read or written now."""


class ErasureEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure: keyed hashes of the erased ids and the instant, nothing else.

    Shape: `sequence` counts from 1 without gaps on purpose; MACs are 32 bytes, base64 in the file.
    """

    sequence: int
    erasure_id: str
    account_mac: bytes
    person_mac: bytes
    ground: str
    at: str


class Anchor:
    """The erasure entries of all time, readable by every process that touches a person's store."""

    def __init__(self, directory: Path) -> None:
        self._erasures = directory / "erasures"

    def start_erasure(self, entry: ErasureEntry) -> None:
        """Record that an erasure was decided; recording it again changes nothing.

        Raises: AnchorUnavailable.
        """
        self._append(entry.sequence, _STARTED, msgspec.json.encode(entry))

    def complete_erasure(self, sequence: int) -> None:
        """Record that an erasure has reached every store; recording it again changes nothing.

        Raises: AnchorUnavailable.
        """
        self._append(sequence, _COMPLETED, b"{}")

    def started_through(self) -> int:
        """The highest sequence that was ever started, 0 for none.

        Raises: AnchorUnavailable.
        """
        return self._highest(_STARTED)

    def completed_through(self) -> int:
        """The highest sequence that was ever completed, 0 for none.

        Raises: AnchorUnavailable.
        """
        return self._highest(_COMPLETED)

    def erasures(self) -> list[ErasureEntry]:
        """Every erasure ever started, oldest first.

        Raises: AnchorUnavailable.
        """
        try:
            paths = sorted(self._erasures.glob(f"*{_STARTED}"))
            return [msgspec.json.decode(path.read_bytes(), type=ErasureEntry) for path in paths]
        except (OSError, msgspec.MsgspecError) as error:
            raise AnchorUnavailable from error

    def _highest(self, suffix: str) -> int:
        try:
            self._erasures.mkdir(parents=True, exist_ok=True)
            names = (path.name for path in self._erasures.iterdir())
            return max((int(name.split(".")[0]) for name in names if name.endswith(suffix)), default=0)
        except OSError as error:
            raise AnchorUnavailable from error

    def _append(self, sequence: int, suffix: str, content: bytes) -> None:
        final = self._erasures / f"{sequence:012d}{suffix}"
        draft = final.with_suffix(f"{suffix}.{os.getpid()}")
        try:
            self._erasures.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, final)
            draft.unlink()
        except OSError as error:
            raise AnchorUnavailable from error
