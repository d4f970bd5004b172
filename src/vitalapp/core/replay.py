"""Once more with the session as the identity store has it: what a request gets whose session copy was out of date."""

from typing import cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

IS_REPLAY = "vitalapp.is_replay"
IS_FENCE_STALE = "vitalapp.is_fence_stale"


class ReplayOnStaleFence:
    """Replays a request once whose answer says that the fence was stale; nothing was read or written by then.

    The error handler of `StaleFence` sets `IS_FENCE_STALE` in the scope and answers 401; a second time that answer stands.
    Rule: "No fence row: read the epoch anew, then identity, retry once, else 401."
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through, keeping its body for a replay."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received: list[Message] = []
        attempt = cast("Scope", dict(scope))

        async def receive_and_keep() -> Message:
            message = await receive()
            received.append(message)
            return message

        async def send_unless_stale(message: Message) -> None:
            if IS_FENCE_STALE not in attempt:
                await send(message)

        await self._app(attempt, receive_and_keep, send_unless_stale)
        if IS_FENCE_STALE not in attempt:
            return

        kept = iter(received)

        async def receive_again() -> Message:
            return next(kept, None) or await receive()

        replay = cast("Scope", {**scope, IS_REPLAY: True})
        await self._app(replay, receive_again, send)
