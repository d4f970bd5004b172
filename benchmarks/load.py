"""A load generator: keep-alive connections that send one request after the other, on raw sockets, pinned away from the servers."""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import cast

import msgspec

NextRequest = Callable[[], bytes]


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What one run saw.

    Units: `seconds` of wall time; latencies in milliseconds; `client_core` is the share of one core that the generator took.
    """

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    client_core: float

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.requests / self.seconds


class _Connection(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the last is there."""

    def __init__(self, next_request: NextRequest, status: bytes, latencies: list[float]) -> None:
        self._next_request = next_request
        self._status = b"HTTP/1.1 " + status
        self._latencies = latencies
        self._buffer = b""
        self._missing = 0
        self._sent_at = 0.0
        self.is_running = True
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's own class
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            if not self._buffer.startswith(self._status):
                self._fail(self._buffer[:2000])
                return
            place = head.find(b"content-length: ")
            length = int(head[place + 16 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            self._missing = length - (len(self._buffer) - end - 4)
            self._buffer = b""
        if not self._missing:
            self._latencies.append(time.perf_counter() - self._sent_at)
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionResetError("the server closed a connection"))

    def _send(self) -> None:
        if not self.is_running:
            self.ended.set_result(None)
            self._transport.close()
            return
        request = self._next_request()
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def _fail(self, answer: bytes) -> None:
        self.ended.set_exception(AssertionError(answer.decode(errors="replace")))
        self._transport.close()


async def put_load(port: int, next_request: NextRequest, *, status: int, connections: int, seconds: float) -> Load:
    """Load one server for some seconds; an answer of another status ends the benchmark.

    Raises: AssertionError with the unexpected answer.
    """
    latencies: list[float] = []
    gc.collect()
    gc.disable()
    started_at, client_started_at = time.perf_counter(), time.process_time()
    opened = [await _open(port, next_request, str(status).encode(), latencies) for _ in range(connections)]
    running = asyncio.gather(*(connection.ended for connection in opened))
    await asyncio.wait([running], timeout=seconds)
    for connection in opened:
        connection.is_running = False
    await running
    elapsed = time.perf_counter() - started_at
    client_seconds = time.process_time() - client_started_at
    gc.enable()
    latencies.sort()
    return Load(
        requests=len(latencies),
        seconds=elapsed,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[len(latencies) * 99 // 100] * 1000,
        client_core=client_seconds / elapsed,
    )


async def _open(port: int, next_request: NextRequest, status: bytes, latencies: list[float]) -> _Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: _Connection(next_request, status, latencies), "127.0.0.1", port)
    return connection


def http_request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
