"""Canaries: marked texts that a person writes, and the search for them wherever a process may have put them."""

import base64
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

import asyncpg
import httpx
import msgspec
import redis.asyncio

from tests.support.operations import Operation
from tests.support.residue import tables_with
from vitalapp.core.settings import STORES, Store


class Recorder:
    """Hears every request of a client, and notes which fields of which operation carried the mark."""

    def __init__(self, mark: str, operations: list[Operation]) -> None:
        self.written: set[tuple[str, str]] = set()
        self._mark = mark
        self._operations = [(re.compile(re.sub(r"{\w+}", "[^/]+", operation.path)), operation) for operation in operations]

    async def __call__(self, request: httpx.Request) -> None:
        """Note one request."""
        try:
            body = json.loads(request.content)
        except ValueError:
            return
        for pattern, operation in self._operations:
            if operation.method == request.method and pattern.fullmatch(request.url.path):
                marked = _marked(body, "", self._mark)
                self.written |= {(operation.name, field) for field in marked}


def _marked(value: object, place: str, mark: str) -> Iterator[str]:
    if isinstance(value, str) and mark in value:
        yield place
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _marked(item, f"{place}[]", mark)
    elif isinstance(value, dict):
        for name, item in cast("dict[str, object]", value).items():
            yield from _marked(item, f"{place}.{name}".lstrip("."), mark)


def text_fields(annotation: Any, place: str = "") -> Iterator[str]:
    """The places in a body of this type that take any text."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is str:
        yield place
    elif origin is Annotated:
        yield from text_fields(arguments[0], place)
    elif origin in {Union, UnionType}:
        for argument in arguments:
            yield from text_fields(argument, place)
    elif origin in {list, tuple, set, frozenset}:
        for argument in arguments:
            yield from text_fields(argument, f"{place}[]")
    elif isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        for field in msgspec.structs.fields(annotation):
            yield from text_fields(field.type, f"{place}.{field.encode_name}".lstrip("."))


def forms(needle: str) -> list[bytes]:
    """A text as it may lie somewhere: itself, in hexadecimal, in base64 at any offset, in UTF-16."""
    plain = needle.encode()
    # The first and last letters of base64 depend on the neighbours.
    inner = [base64.b64encode(bytes(offset) + plain).rstrip(b"=")[offset + 1 : -1] for offset in range(3)]
    return [plain, plain.hex().encode(), plain.hex().upper().encode(), needle.encode("utf-16-le"), *inner]


async def stores_with(superuser_dsns: dict[Store, str], needles: list[str]) -> set[str]:
    """The tables of all stores that hold one of the needles in some form."""
    connections: dict[Store, asyncpg.Connection] = {store: await asyncpg.connect(superuser_dsns[store]) for store in STORES}
    try:
        texts = {form.decode() for needle in needles for form in forms(needle) if b"\0" not in form}
        return await tables_with(connections, texts)
    finally:
        for connection in connections.values():
            await connection.close()


async def redis_with(redis_url: str, needles: list[str]) -> list[bytes]:
    """The keys of Redis that hold one of the needles in their name or in what they hold, streams included."""
    found: list[bytes] = []
    wanted = [form for needle in needles for form in forms(needle)]
    opened: Any = redis.asyncio.Redis.from_url(redis_url)
    async with opened as client:
        readers: dict[bytes, Callable[[bytes], Awaitable[object]]] = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": client.smembers,
            b"zset": lambda key: client.zrange(key, 0, -1),
            b"stream": client.xrange,
        }
        async for key in client.scan_iter():
            content = await readers[await client.type(key)](key)
            raw = content if isinstance(content, bytes) else repr(content).encode()
            if any(form in key or form in raw for form in wanted):
                found.append(key)
    return found


def files_with(folder: Path, needles: list[str], *, but: tuple[str, ...] = ()) -> list[str]:
    """The files below a folder that hold one of the needles, those named `but` left out."""
    wanted = [form for needle in needles for form in forms(needle)]
    found: list[str] = []
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in but:
            try:
                content = path.read_bytes()
            except FileNotFoundError:  # a running store deletes files of its own
                continue
            if any(form in content for form in wanted):
                found.append(str(path.relative_to(folder)))
    return found
