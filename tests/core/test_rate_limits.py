"""Requests are counted exactly, in Redis while it is there and in the process while it is not."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import pytest

from vitalapp.core.problems import RateLimited
from vitalapp.core.rate_limits import RateLimit, RateLimiter, open_redis
from vitalapp.core.redis_client import PipelinedRedis
from vitalapp.core.settings import Settings
from vitalapp.dev import valkey
from vitalapp.dev.programs import free_port

LIMIT = RateLimit("test", requests=20, seconds=60)
OTHER = RateLimit("other", requests=5, seconds=60)


class Stopwatch:
    """Seconds in the test's hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """How many have gone by."""
        return self.seconds


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[PipelinedRedis]:
    """A client of an empty Redis."""
    async with open_redis(Settings(redis_url=redis_url)) as client:
        yield client


@asynccontextmanager
async def redis_at(port: int) -> AsyncIterator[PipelinedRedis]:
    async with open_redis(Settings(redis_url=f"redis://127.0.0.1:{port}/0")) as client:
        yield client


async def let_in(limiter: RateLimiter, times: int, *limits: RateLimit, subject: str = "somebody") -> int:
    async def one() -> int:
        try:
            await limiter.hit(*(limit.on(subject) for limit in limits))
        except RateLimited:
            return 0
        return 1

    return sum(await asyncio.gather(*(one() for _ in range(times))))


async def test_of_many_at_once_over_several_processes_exactly_the_limit_is_let_in(
    redis: PipelinedRedis, redis_url: str
) -> None:
    async with open_redis(Settings(redis_url=redis_url)) as second:
        counts = await asyncio.gather(let_in(RateLimiter(redis), 30, LIMIT), let_in(RateLimiter(second), 30, LIMIT))
    assert sum(counts) == 20


async def test_the_factor_widens_every_limit(redis: PipelinedRedis) -> None:
    assert await let_in(RateLimiter(redis, factor=2), 50, LIMIT) == 40


async def test_a_refusal_says_when_there_is_room_again(redis: PipelinedRedis) -> None:
    limiter = RateLimiter(redis)
    short = RateLimit("short", requests=1, seconds=1)
    await limiter.hit(short.on("x"))
    with pytest.raises(RateLimited) as refusal:
        await limiter.hit(short.on("x"))
    assert refusal.value.headers["Retry-After"] == "1"
    await asyncio.sleep(1.05)
    await limiter.hit(short.on("x"))


async def test_subjects_and_limits_are_counted_apart(redis: PipelinedRedis) -> None:
    limiter = RateLimiter(redis)
    assert await let_in(limiter, 6, OTHER, subject="a") == 5
    assert await let_in(limiter, 6, OTHER, subject="b") == 5
    assert await let_in(limiter, 21, LIMIT, subject="a") == 20


async def test_a_request_that_one_limit_refuses_counts_in_none(redis: PipelinedRedis) -> None:
    limiter = RateLimiter(redis)
    assert await let_in(limiter, 15, LIMIT, OTHER) == 5
    assert await let_in(limiter, 20, LIMIT) == 15


async def test_a_check_counts_nothing(redis: PipelinedRedis) -> None:
    limiter = RateLimiter(redis)
    for _ in range(10):
        await limiter.check(OTHER.on("x"))
    assert await let_in(limiter, 6, OTHER, subject="x") == 5
    with pytest.raises(RateLimited):
        await limiter.check(OTHER.on("x"))


async def test_an_ipv6_network_is_one_customer(redis: PipelinedRedis) -> None:
    limiter = RateLimiter(redis)
    one = RateLimit("address", requests=1, seconds=60)
    await limiter.hit(one.on_address("2001:db8:1:2::1"))
    await limiter.hit(one.on_address("2001:db8:1:3::1"))
    await limiter.hit(one.on_address("192.0.2.1"))
    await limiter.hit(one.on_address("192.0.2.2"))
    with pytest.raises(RateLimited):
        await limiter.hit(one.on_address("2001:db8:1:2:ffff::9"))


async def test_no_subject_stands_in_redis(redis: PipelinedRedis) -> None:
    await RateLimiter(redis, secret=b"s" * 32).hit(LIMIT.on_address("192.0.2.77"), LIMIT.on("canary@example.org"))
    keys = str(await redis.keys())
    assert keys.count("limit:") == 2
    assert "192.0.2" not in keys
    assert "canary" not in keys


async def test_a_value_is_read_and_the_request_counted_in_one_round_trip(redis: PipelinedRedis) -> None:
    limiter = RateLimiter(redis)
    assert await limiter.get_and_hit("kept", OTHER.on("x")) is None
    await limiter.put("kept", b"value", seconds=60)
    assert [await limiter.get_and_hit("kept", OTHER.on("x")) for _ in range(4)] == [b"value"] * 4
    with pytest.raises(RateLimited):
        await limiter.get_and_hit("kept", OTHER.on("x"))
    await limiter.drop("kept")
    assert await limiter.get_and_hit("kept") is None


async def test_a_counter_never_lives_for_ever(redis: PipelinedRedis) -> None:
    await RateLimiter(redis).hit(LIMIT.on("x"))
    (key,) = await redis.keys()
    assert 0 < await redis.pttl(key) <= 60_000


async def test_without_redis_requests_go_on_and_are_counted_in_the_process() -> None:
    watch = Stopwatch()
    async with redis_at(free_port()) as nowhere:
        limiter = RateLimiter(nowhere, monotonic=watch)
        assert await let_in(limiter, 40, LIMIT) == 20
        assert await limiter.get_and_hit("kept") is None
        await limiter.put("kept", b"value", seconds=60)
        assert not await limiter.is_redis_up()
        watch.seconds = 61
        assert await let_in(limiter, 40, LIMIT) == 20


async def test_a_redis_that_hangs_costs_one_request_a_second_and_the_others_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with redis_at(silent.getsockname()[1]) as hanging:
            limiter = RateLimiter(hanging)
            started = perf_counter()
            await limiter.hit(LIMIT.on("x"))
            first = perf_counter() - started
            await asyncio.gather(*(limiter.hit(LIMIT.on("y")) for _ in range(19)))
            rest = perf_counter() - started - first
    assert first < 2.5
    assert rest < 0.2


async def test_a_restarted_redis_is_used_again_from_the_next_request() -> None:
    port = free_port()
    arguments = [str(valkey.find_server()), "--port", str(port), "--save", "", "--appendonly", "no"]
    url = f"redis://127.0.0.1:{port}/0"
    async with redis_at(port) as client:
        limiter = RateLimiter(client)
        for _ in range(2):
            server = await asyncio.create_subprocess_exec(*arguments, stdout=subprocess.DEVNULL)
            try:
                await valkey.wait_until_ready(url)
                assert await limiter.is_redis_up()
                assert await let_in(limiter, 30, LIMIT) == 20
            finally:
                server.kill()
                await server.wait()
