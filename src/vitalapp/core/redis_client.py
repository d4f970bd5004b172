"""The client of Redis: redis-py, and beside it one connection on which the commands of all requests in flight follow each other.

A pooled connection for each command costs a request more than everything else that it does with its session; on one connection
commands leave together and are answered in order.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

Word = bytes | str | int
Choice = bool | None


# The stub of hiredis takes one word only.
_pack = cast("Callable[[tuple[Word, ...]], bytes]", hiredis.pack_command)


class PipelinedRedis(Redis):
    """redis-py's client with `pipelined` for what every request asks."""

    _pipe: "_Pipe | None" = None
    _opening: "asyncio.Task[_Pipe] | None" = None

    async def pipelined(self, *words: Word) -> Any:
        """The answer to one command, sent on the shared connection, which is opened where it is not (or no longer) there.

        Raises: ConnectionError, TimeoutError or ResponseError of `redis.exceptions`.
        """
        pipe = self._pipe
        if pipe is None or pipe.is_lost:
            if self._opening is None or self._opening.done():
                self._opening = asyncio.create_task(self._open_pipe())
            self._pipe = pipe = await asyncio.shield(self._opening)
        return await pipe.send(words)

    async def aclose(self, close_connection_pool: Choice = None) -> None:
        """Close both kinds of connections."""
        if self._pipe is not None:
            self._pipe.close()
        await super().aclose(close_connection_pool)

    async def _open_pipe(self) -> "_Pipe":
        known = self.connection_pool.connection_kwargs
        seconds = known["socket_timeout"]
        loop = asyncio.get_running_loop()

        def make_pipe() -> _Pipe:
            return _Pipe(seconds)

        try:
            async with asyncio.timeout(known["socket_connect_timeout"]):
                if "path" in known:
                    _, pipe = await loop.create_unix_connection(make_pipe, known["path"])
                else:
                    is_tls = issubclass(self.connection_pool.connection_class, SSLConnection)
                    context = ssl.create_default_context() if is_tls else None
                    _, pipe = await loop.create_connection(make_pipe, known["host"], known["port"], ssl=context)
        except TimeoutError:
            raise RedisTimeoutError("Redis does not take connections") from None
        except OSError as error:
            raise RedisConnectionError(str(error)) from error
        try:
            if password := known.get("password"):
                await pipe.send(("AUTH", known.get("username") or "default", password))
            if database := known.get("db"):
                await pipe.send(("SELECT", database))
        except BaseException:
            pipe.close()
            raise
        return pipe


class _Pipe(asyncio.Protocol):
    """One connection: answers come in the order of the commands."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self.is_lost = False

    async def send(self, words: tuple[Word, ...]) -> Any:
        """The answer to one command."""
        if self._transport is None or self.is_lost:
            raise RedisConnectionError("the connection is gone")
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((answer, self._loop.time() + self._seconds))
        if self._watch is None:
            self._watch = self._loop.call_later(self._seconds, self._give_up_if_late)
        self._transport.write(_pack(words))
        return await answer

    def close(self) -> None:
        """End the connection; who still waits is told that it is gone."""
        self.is_lost = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            waiting, _ = self._waiting.popleft()
            if waiting.done():
                continue
            if isinstance(answer, hiredis.ReplyError):
                waiting.set_exception(ResponseError(str(answer)))
            else:
                waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._end(RedisConnectionError("Redis has closed the connection"))

    def _give_up_if_late(self) -> None:
        self._watch = None
        if not self._waiting:
            return
        _, due_at = self._waiting[0]
        if due_at <= self._loop.time():
            self._end(RedisTimeoutError("Redis does not answer"))
            self.close()
        else:
            self._watch = self._loop.call_at(due_at, self._give_up_if_late)

    def _end(self, reason: Exception) -> None:
        self.is_lost = True
        if self._watch is not None:
            self._watch.cancel()
        while self._waiting:
            waiting, _ = self._waiting.popleft()
            if not waiting.done():
                waiting.set_exception(reason)
