"""A device that keeps a copy of a diary by the changes feed."""

from typing import Any

from tests.support.diarist import Diarist


class FeedReader:
    """Follows the feed from where it stands; `copy` is what the device holds, `seen` each version it was told of."""

    def __init__(self, diarist: Diarist, *, limit: int = 100) -> None:
        self.copy: dict[str, dict[str, Any]] = {}
        self.seen: list[tuple[str, int]] = []
        self._diarist = diarist
        self._query: dict[str, Any] = {"limit": limit}

    async def catch_up(self) -> None:
        """Ask until there is no more."""
        while await self.read_page():
            pass

    async def read_page(self) -> bool:
        """Take one page over; whether there is more."""
        page = await self._diarist.changes(**self._query)
        for change in page["items"]:
            self.seen.append((change["id"], change["version"]))
            if change["is_deleted"]:
                self.copy.pop(change["id"], None)
            else:
                self.copy[change["id"]] = change["entry"]
        self._query["cursor"] = page["next_cursor"]
        return page["has_more"]
