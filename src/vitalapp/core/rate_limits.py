"""Rate limits, counted in Redis by one atomic script, in this process alone while Redis is away.

A limit has a window that begins with its first request; a request is let in only where each of its limits has room, and then
counts in all of them. Subjects are hashed: no address, account or link stands in Redis.
"""

import hashlib
import ipaddress
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

import msgspec
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from vitalapp.core.problems import RateLimited
from vitalapp.core.redis_client import PipelinedRedis
from vitalapp.core.settings import Settings, SettingsError

T = TypeVar("T")

_REDIS_SECONDS = 1
_SKIP_SECONDS_AFTER_FAILURE = 1.0
_MOST_COUNTED_IN_PROCESS = 100_000
_NOWHERE = "unix:///dev/null/redis"

# KEYS[1]: what to read, or ""; KEYS[2…]: the counters. ARGV[1]: "1" to count; then limit and window (ms) of each counter.
# Answers {value or nil, ms until there is room (0: now)}.
GET_AND_HIT = """
local wait = 0
for i = 2, #KEYS do
    if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 * i - 2]) then
        local left = redis.call('PTTL', KEYS[i])
        if left < 0 then
            left = tonumber(ARGV[2 * i - 1])
            redis.call('PEXPIRE', KEYS[i], left)
        end
        wait = math.max(wait, left, 1)
    end
end
if wait > 0 then return {false, wait} end
if ARGV[1] == '1' then
    for i = 2, #KEYS do
        if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[2 * i - 1]) end
    end
end
return {KEYS[1] ~= '' and redis.call('GET', KEYS[1]), 0}
"""
GET_AND_HIT_SHA = hashlib.sha1(GET_AND_HIT.encode(), usedforsecurity=False).hexdigest()


class Hit(msgspec.Struct, frozen=True):
    """One request of one subject, to be counted against a limit."""

    limit: "RateLimit"
    subject: str


class RateLimit(msgspec.Struct, frozen=True):
    """At most `requests` per `seconds` in production; `name` keeps its counters apart."""

    name: str
    requests: int
    seconds: int

    def on(self, subject: str) -> Hit:
        """A request of `subject`: an address, the id of an account, the hash of a link."""
        return Hit(self, subject)

    def on_address(self, address: str) -> Hit:
        """A request from a network address; an IPv6 customer is a /64."""
        return Hit(self, _network_of(address))


REQUESTS_PER_SESSION = RateLimit("session", requests=600, seconds=60)


class RateLimiter:
    """Counts requests; also reads and keeps short-lived values in Redis, all of which Redis may lose.

    Units: `factor` multiplies every limit (1 in production); `secret` keys the hashes of the subjects; `monotonic` counts seconds
    where Redis does not.
    """

    def __init__(
        self,
        redis: PipelinedRedis,
        *,
        factor: int = 1,
        secret: bytes = b"",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._factor = factor
        self._secret = secret[:64]
        self._monotonic = monotonic
        self._skip_until: float | None = None
        self._own_counts: dict[str, tuple[int, float]] = {}

    async def hit(self, *hits: Hit) -> None:
        """Count a request, or refuse it.

        Raises: RateLimited (429).
        """
        await self.get_and_hit("", *hits)

    async def check(self, *hits: Hit) -> None:
        """Refuse a request that would be one too many, counting nothing: for limits on failures.

        Raises: RateLimited (429).
        """
        await self._run("", hits, is_counted=False)

    async def forgive(self, *hits: Hit) -> None:
        """Begin these counts anew: for limits on failures, after a success."""
        counters = [self._counter(hit) for hit in hits]
        await self.drop(*counters)
        for counter in counters:
            self._own_counts.pop(counter, None)

    async def get_and_hit(self, key: str, *hits: Hit) -> bytes | None:
        """Count a request and read `key`, in one round trip; None where Redis has nothing or is away.

        Raises: RateLimited (429).
        """
        return await self._run(key, hits, is_counted=True)

    async def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Keep a value for a while, if Redis is there."""
        await self._try(lambda: self._redis.set(key, value, ex=seconds), otherwise=None)

    async def drop(self, *keys: str) -> None:
        """Forget values, if Redis is there."""
        await self._try(lambda: self._redis.delete(*keys), otherwise=0)

    async def is_redis_up(self) -> bool:
        """Whether Redis answers, for the readiness check."""
        return bool(await self._try(lambda: cast(Awaitable[Any], self._redis.ping()), otherwise=False))

    async def _run(self, key: str, hits: Sequence[Hit], *, is_counted: bool) -> bytes | None:
        keys = [key, *(self._counter(hit) for hit in hits)]
        arguments = ["1" if is_counted else "0"]
        for hit in hits:
            arguments += [str(hit.limit.requests * self._factor), str(hit.limit.seconds * 1000)]
        answer = await self._try(lambda: self._run_script(keys, arguments), otherwise=None)
        if answer is None:
            self._hit_in_process(hits, is_counted=is_counted)
            return None
        value, wait = answer
        if wait:
            raise RateLimited(wait / 1000)
        return value

    async def _try(self, operation: Callable[[], Awaitable[T]], *, otherwise: T) -> T:
        """Ask Redis; after a failure one request a second tries again, the others go on without."""
        now = self._monotonic()
        if self._skip_until is not None and now < self._skip_until:
            return otherwise
        if self._skip_until is not None:
            self._skip_until = now + _SKIP_SECONDS_AFTER_FAILURE
        try:
            answer = await operation()
        except (TimeoutError, RedisError, OSError):
            self._skip_until = self._monotonic() + _SKIP_SECONDS_AFTER_FAILURE
            return otherwise
        self._skip_until = None
        return answer

    async def _run_script(self, keys: list[str], arguments: list[str]) -> tuple[bytes | None, int]:
        try:
            return await self._redis.pipelined("EVALSHA", GET_AND_HIT_SHA, len(keys), *keys, *arguments)
        except ResponseError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return await self._redis.pipelined("EVAL", GET_AND_HIT, len(keys), *keys, *arguments)

    def _hit_in_process(self, hits: Sequence[Hit], *, is_counted: bool) -> None:
        now = self._monotonic()
        if len(self._own_counts) > _MOST_COUNTED_IN_PROCESS:
            self._own_counts = {key: kept for key, kept in self._own_counts.items() if kept[1] > now}
        counts = {self._counter(hit): (hit, *self._count_of(hit, now)) for hit in hits}
        waits = [ends - now for hit, count, ends in counts.values() if count >= hit.limit.requests * self._factor]
        if waits:
            raise RateLimited(max(waits))
        if is_counted:
            self._own_counts |= {key: (count + 1, ends) for key, (_, count, ends) in counts.items()}

    def _count_of(self, hit: Hit, now: float) -> tuple[int, float]:
        count, ends = self._own_counts.get(self._counter(hit), (0, now))
        return (count, ends) if ends > now else (0, now + hit.limit.seconds)

    def _counter(self, hit: Hit) -> str:
        digest = hashlib.blake2b(hit.subject.encode(), digest_size=16, key=self._secret).hexdigest()
        return f"limit:{hit.limit.name}:{digest}"


def open_redis(settings: Settings, *, is_needed: bool = True) -> PipelinedRedis:
    """A client of the Redis in `settings`, which need not be up; it gives up after a second.

    Shape: a process that can do without gets a client that never finds one, and counts by itself.
    Raises: SettingsError.
    """
    if settings.redis_url is None and is_needed:
        raise SettingsError("VITALAPP_REDIS_URL is missing; this process needs Redis.")
    client = PipelinedRedis.from_url(
        settings.redis_url or _NOWHERE,
        socket_timeout=_REDIS_SECONDS,
        socket_connect_timeout=_REDIS_SECONDS,
        # A pooled connection may be from before a restart of Redis: once more, at once. A time-out is not repeated.
        retry=Retry(ConstantBackoff(0.01), 2, supported_errors=(RedisConnectionError,)),
    )
    return cast("PipelinedRedis", client)


def _network_of(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
