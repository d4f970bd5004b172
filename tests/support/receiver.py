"""A real HTTP server on the test's own loop that keeps what it is posted, and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11


@dataclass
class Receiver:
    """What arrived, oldest first; `answers` are given in turn, then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list[int])
    location: str | None = None
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request and close."""
        connection = h11.Connection(h11.SERVER)
        headers: dict[str, str] = {}
        body = b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Request):
                headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            else:
                break
        self.requests.append((headers, body))
        status = self.answers.pop(0) if self.answers else 204
        extra = [("location", self.location)] if self.location else []
        for part in (h11.Response(status_code=status, headers=[("connection", "close"), *extra]), h11.EndOfMessage()):
            writer.write(connection.send(part) or b"")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    """A receiver that listens on loopback for the length of the block."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
