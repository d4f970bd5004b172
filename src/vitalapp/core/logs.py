"""Log lines as JSON, each key from a list and each value in a form that holds no text.

A mail address, a token or a person's words in a log line are a defect: what is not on the list, or does not look like what its key
promises, is dropped and counted. Messages of libraries are dropped whole; what stays is who said it, where, and how loud.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from types import TracebackType
from typing import Any, BinaryIO, cast

import msgspec
import structlog

from vitalapp.core.metrics import DROPPED_LOG_VALUES

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,127}")
_PLACE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,127}:\d{1,6}")
_ROUTE = re.compile(r"unmatched|/[a-z0-9_.{}:/-]{0,200}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_INSTANT = re.compile(r"[0-9TZ:.+-]{20,32}")
_METHOD = re.compile(r"[A-Z]{3,7}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VERSION = re.compile(r"[0-9][0-9a-z.+-]{0,31}")

_TOKEN = re.compile(r"v[a-z]{2}_[A-Za-z0-9_-]{16,}")

_MOST_PLACES = 5


def _matching(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value)) and not _TOKEN.search(value)


def _number(value: object) -> bool:
    return isinstance(value, int | float)


def _places(value: object) -> bool:
    return isinstance(value, list) and all(_matching(_PLACE)(place) for place in cast("list[object]", value))


ALLOWED: Mapping[str, Callable[[object], bool]] = {
    "event": _matching(_NAME),
    "level": _matching(_NAME),
    "at": _matching(_INSTANT),
    # of a request
    "method": _matching(_METHOD),
    "route": _matching(_ROUTE),
    "status": _number,
    "duration_ms": _number,
    "request_id": _matching(_REQUEST_ID),
    "role": _matching(_NAME),
    # of a failure
    "error": _matching(_DOTTED),
    "cause": _matching(_DOTTED),
    "places": _places,
    # of a library
    "logger": _matching(_DOTTED),
    "place": _matching(_PLACE),
    # of a process and its jobs
    "process": _matching(_NAME),
    "audience": _matching(_NAME),
    "store": _matching(_NAME),
    "task": _matching(_DOTTED),
    "queue": _matching(_NAME),
    "kind": _matching(_NAME),
    "outcome": _matching(_NAME),
    "template": _matching(_NAME),
    "mail_id": _matching(_UUID),
    "invoice_id": _matching(_UUID),
    "version": _matching(_VERSION),
    "port": _number,
    "count": _number,
    "attempts": _number,
    "seconds": _number,
}


def keep_allowed(_logger: object, _method: str, line: MutableMapping[str, Any]) -> dict[str, Any]:
    """What of a line may be written; a line without a usable event is called `unnamed`."""
    kept = {key: value for key, value in line.items() if (is_fit := ALLOWED.get(key)) is not None and is_fit(value)}
    if len(kept) < len(line):
        DROPPED_LOG_VALUES.inc(len(line) - len(kept))
        kept.setdefault("event", "unnamed")
    return kept


def failure(exception: BaseException) -> dict[str, object]:
    """An exception as keys of a log line: its class, its cause's class, where it went through; no message, no values.

    Shape: `places` are `module:line`, innermost first.
    """
    frames = [
        f"{frame.f_globals.get('__name__', 'unknown')}:{line}" for frame, line in traceback.walk_tb(exception.__traceback__)
    ]
    cause = exception.__cause__ or exception.__context__
    return {
        "error": type(exception).__qualname__.replace("<locals>.", ""),
        "places": frames[: -_MOST_PLACES - 1 : -1],
        **({} if cause is None else {"cause": type(cause).__qualname__.replace("<locals>.", "")}),
    }


class LibraryLines(logging.Handler):
    """Takes the lines of libraries that use the standard library's logging, without their words."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(
            record.levelno,
            "library",
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            **(failure(error) if error else {}),
        )


def configure_logs(stream: BinaryIO | None = None, *, process: str) -> None:
    """Send every line of this process, libraries' included, through the list, to `stream` (standard output).

    Shape: `process` is bound to each line.
    """
    structlog.configure(
        processors=[
            _bind(process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            keep_allowed,
            lambda _logger, _method, line: msgspec.json.encode(line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(stream or sys.stdout.buffer),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[LibraryLines()], level=logging.WARNING, force=True)
    for name in logging.root.manager.loggerDict:
        _hand_over(logging.getLogger(name))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash


def _bind(process: str) -> structlog.typing.Processor:
    def bind(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["process"] = process
        return line

    return bind


def _hand_over(library: logging.Logger) -> None:
    """Take away what a library has set up for itself, so that its lines reach ours."""
    library.handlers.clear()
    library.propagate = True
    library.setLevel(logging.NOTSET)


def _log_crash(_kind: type[BaseException], exception: BaseException, _traceback: TracebackType | None) -> None:
    structlog.get_logger().critical("crash", **failure(exception))
