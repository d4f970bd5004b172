"""The measured requests: the same bytes for every server, each for one of the people in turn."""

from collections.abc import Callable, Iterator
from itertools import cycle
from uuid import uuid4

import msgspec

from benchmarks.load import NextRequest, http_request
from benchmarks.world import TEXT, Someone
from vitalapp.domains.vitality.instrument_registry import load_instruments

ENTRY = msgspec.json.encode(
    {
        "written_at": "2026-06-02T21:30:00+02:00",
        "time_zone": "Europe/Amsterdam",
        "mood": 4,
        "tags": ["werk", "slaap"],
        "text": TEXT,
    }
)
MEASUREMENT = msgspec.json.encode(
    {
        "instrument": "vitality",
        "instrument_version": "1.0.0",
        "answers": {item.key: 4 for item in load_instruments(None).current[0].items},
    }
)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request and the status that each answer to it must have."""

    name: str
    status: int
    requests: Callable[[list[Someone]], NextRequest]


def _headers(someone: Someone) -> dict[str, str]:
    return {"Authorization": f"Bearer {someone.access_token}", "X-Person-Id": str(someone.person_id)}


def _in_turn(people: list[Someone], make: Callable[[Someone], Iterator[bytes]]) -> NextRequest:
    turns = cycle([make(someone) for someone in people])

    def next_request() -> bytes:
        return next(next(turns))

    return next_request


def _put_entry(people: list[Someone]) -> NextRequest:
    def make(someone: Someone) -> Iterator[bytes]:
        head, _, tail = http_request("PUT", "/v1/diary/entries/#", _headers(someone), ENTRY).partition(b"#")
        while True:
            yield head + str(uuid4()).encode() + tail

    return _in_turn(people, make)


def _list_entries(people: list[Someone]) -> NextRequest:
    def make(someone: Someone) -> Iterator[bytes]:
        request = http_request("GET", "/v1/diary/entries?limit=20", _headers(someone))
        while True:
            yield request

    return _in_turn(people, make)


def _post_measurement(people: list[Someone]) -> NextRequest:
    def make(someone: Someone) -> Iterator[bytes]:
        headers = {**_headers(someone), "Idempotency-Key": "#"}
        head, _, tail = http_request("POST", "/v1/vitality/measurements", headers, MEASUREMENT).partition(b"#")
        while True:
            yield head + str(uuid4()).encode() + tail

    return _in_turn(people, make)


OPERATIONS = [
    Operation(name="PUT diary entry", status=201, requests=_put_entry),
    Operation(name="GET diary page of 20", status=200, requests=_list_entries),
    Operation(name="POST measurement", status=201, requests=_post_measurement),
]
