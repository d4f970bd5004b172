"""The shared connection: every command its own answer, whatever happens to the others."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from vitalapp.core.rate_limits import open_redis
from vitalapp.core.redis_client import PipelinedRedis
from vitalapp.core.settings import Settings


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[PipelinedRedis]:
    """A client of the test's Redis."""
    async with open_redis(Settings(redis_url=redis_url)) as client:
        yield client


async def test_commands_at_once_get_each_its_own_answer(redis: PipelinedRedis) -> None:
    answers = await asyncio.gather(*(redis.pipelined("ECHO", str(number)) for number in range(500)))
    assert answers == [str(number).encode() for number in range(500)]


async def test_a_refused_command_fails_alone(redis: PipelinedRedis) -> None:
    wanted = [redis.pipelined("ECHO", "a"), redis.pipelined("NONSENSE"), redis.pipelined("ECHO", "b")]
    first, refused, last = await asyncio.gather(*wanted, return_exceptions=True)
    assert (first, last) == (b"a", b"b")
    assert isinstance(refused, ResponseError)


async def test_who_no_longer_waits_takes_nobody_elses_answer(redis: PipelinedRedis) -> None:
    await redis.pipelined("PING")
    given_up = asyncio.create_task(redis.pipelined("ECHO", "given up"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await redis.pipelined("ECHO", "wanted") == b"wanted"


async def test_a_connection_that_was_cut_is_opened_anew(redis: PipelinedRedis) -> None:
    number = await redis.pipelined("CLIENT", "ID")
    await redis.execute_command("CLIENT", "KILL", "ID", number)
    await asyncio.sleep(0.05)
    assert await redis.pipelined("ECHO", "again") == b"again"
    assert await redis.pipelined("CLIENT", "ID") != number


async def test_a_wrong_password_is_an_error_and_no_open_connection(redis_url: str) -> None:
    scheme, _, rest = redis_url.partition("://")
    address = f"{scheme}://vitalapp:wrong@{rest.rpartition('@')[2]}"
    async with open_redis(Settings(redis_url=address)) as client:
        with pytest.raises(ResponseError):
            await client.pipelined("PING")


async def test_a_server_that_hangs_is_given_up_after_a_second_and_one_that_hangs_up_at_once() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    for behaviour, expected in ((hang, RedisTimeoutError), (hang_up, RedisConnectionError)):
        server = await asyncio.start_server(behaviour, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, open_redis(Settings(redis_url=f"redis://127.0.0.1:{port}/0")) as client:
            with pytest.raises(expected):
                await asyncio.wait_for(client.pipelined("PING"), 3)
