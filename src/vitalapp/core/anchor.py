"""The anchor: an append-only place outside every database, which a restore of a backup cannot roll back.

A directory in the local run, an object store with a write-once lock in production; both hold one small file an act.
"""

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

_FILE: Final = re.compile(r"^(?P<first>\d{12})-(?P<last>\d{12})\.(?P<mark>started|completed)$")
# A listing is believed for as long as the folder's time stamp stands, once that is older than its own resolution.
_STAMP_NANOSECONDS: Final = 100_000_000

Mark = Literal["started", "completed"]


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
    subject_mac: bytes
    ground: str
    at: str


class _Listing(msgspec.Struct, frozen=True):
    stamp: int
    started: list[tuple[int, int]]
    completed: list[tuple[int, int]]


class Anchor:
    """The erasure entries of all time, readable by every process that touches a person's store.

    Erasures that were decided together are one file of entries, `<first>-<last>.started`, and one `.completed` beside it.
    """

    def __init__(self, directory: Path) -> None:
        self._erasures = directory / "erasures"
        self._listing = _Listing(0, [], [])

    def start_erasures(self, entries: Sequence[ErasureEntry]) -> None:
        """Record erasures that were decided together, in the order of their numbers; recording them again changes nothing.

        Raises: AnchorUnavailable.
        """
        self._append(entries[0].sequence, entries[-1].sequence, "started", msgspec.json.encode(entries))

    def complete_erasures(self, first: int, last: int) -> None:
        """Record that the erasures that were started as `first` to `last` have reached every store.

        Raises: AnchorUnavailable.
        """
        self._append(first, last, "completed", b"[]")

    def started_through(self) -> int:
        """The highest sequence that was ever started, 0 for none.

        Raises: AnchorUnavailable.
        """
        return max((last for _, last in self._list().started), default=0)

    def completed_through(self) -> int:
        """The sequence up to which every erasure is complete, 0 for none.

        Raises: AnchorUnavailable.
        """
        through = 0
        for first, last in sorted(self._list().completed):
            if first > through + 1:
                break
            through = max(through, last)
        return through

    def erasures(self, *, after: int = 0) -> list[ErasureEntry]:
        """Every erasure ever started that comes after a sequence, oldest first.

        Raises: AnchorUnavailable.
        """
        entries: list[ErasureEntry] = []
        try:
            for first, last in sorted(self._list().started):
                if last > after:
                    content = self._path(first, last, "started").read_bytes()
                    entries += msgspec.json.decode(content, type=list[ErasureEntry])
        except (OSError, msgspec.MsgspecError) as error:
            raise AnchorUnavailable from error
        return [entry for entry in entries if entry.sequence > after]

    def incomplete(self) -> list[tuple[int, int]]:
        """The first and last sequence of what was started together and is not complete.

        Raises: AnchorUnavailable.
        """
        listing = self._list()
        return sorted(set(listing.started) - set(listing.completed))

    def _list(self) -> _Listing:
        try:
            self._erasures.mkdir(parents=True, exist_ok=True)
            stamp = self._erasures.stat().st_mtime_ns
            if stamp == self._listing.stamp and time.time_ns() - stamp > _STAMP_NANOSECONDS:
                return self._listing
            names = [path.name for path in self._erasures.iterdir()]
        except OSError as error:
            raise AnchorUnavailable from error
        ranges: dict[str, list[tuple[int, int]]] = {"started": [], "completed": []}
        for name in names:
            if found := _FILE.match(name):
                ranges[found["mark"]].append((int(found["first"]), int(found["last"])))
        self._listing = _Listing(stamp, ranges["started"], ranges["completed"])
        return self._listing

    def _path(self, first: int, last: int, mark: Mark) -> Path:
        return self._erasures / f"{first:012d}-{last:012d}.{mark}"

    def _append(self, first: int, last: int, mark: Mark, content: bytes) -> None:
        final = self._path(first, last, mark)
        draft = final.with_suffix(f".{mark}.{os.getpid()}")
        try:
            self._erasures.mkdir(parents=True, exist_ok=True)
            if final.exists():
                return
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, final)
            draft.unlink()
        except OSError as error:
            raise AnchorUnavailable from error
