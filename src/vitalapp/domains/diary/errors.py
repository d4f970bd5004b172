"""How a diary operation can fail beyond the common ways."""

from vitalapp.core.problems import Problem
from vitalapp.core.texts import mark


class EntryDeleted(Problem):
    """The id belongs to an entry that was deleted."""

    status = 410
    code = "entry-deleted"
    title = mark("This entry was deleted")
    default_detail = mark("The entry with this id was deleted. Write what you want to keep under a new id.")


class CursorExpired(Problem):
    """Deletions that the cursor has not seen are no longer known."""

    status = 410
    code = "cursor-expired"
    title = mark("This cursor is too old")
    default_detail = mark("Start again without a cursor and replace what the device holds by what you get.")
