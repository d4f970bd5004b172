"""A small HTTP server on the launcher's own loop, for what outside systems would be in production."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import h11
import msgspec

Answer = tuple[int, Any]
Handler = Callable[[str, str, bytes], Awaitable[Answer]]

_READ_BYTES = 65_536


async def serve_loopback(handler: Handler, *, port: int) -> asyncio.Server:
    """Answer each request with what `handler(method, path, body)` returns: a status and a JSON document."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while await _answer_one(connection, reader, writer, handler):
                connection.start_next_cycle()
        except (h11.ProtocolError, ConnectionError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(converse, "127.0.0.1", port)


async def _answer_one(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
) -> bool:
    request: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            return False
    assert request is not None
    status, document = await handler(request.method.decode(), request.target.decode(), body)
    content = msgspec.json.encode(document)
    headers = [("content-type", "application/json"), ("content-length", str(len(content)))]
    for part in (
        h11.Response(status_code=status, headers=headers),
        h11.Data(data=content),
        h11.EndOfMessage(),
    ):
        writer.write(connection.send(part) or b"")
    await writer.drain()
    return connection.our_state is h11.DONE and connection.their_state is h11.DONE
