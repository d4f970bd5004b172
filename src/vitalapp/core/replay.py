"""Once more with the session as the identity store has it: what a request gets whose session copy was out of date."""

from typing import Any, cast

from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send

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
        received: list[ReceiveMessage] = []
        marks = cast("dict[str, Any]", scope)
        state = dict(marks.setdefault("state", {}))

        async def receive_and_keep() -> ReceiveMessage:
            message = await receive()
            received.append(message)
            return message

        async def send_unless_stale(message: Message) -> None:
            if IS_FENCE_STALE not in marks:
                await send(message)

        await self._app(scope, receive_and_keep, send_unless_stale)
        if marks.pop(IS_FENCE_STALE, None) is None:
            return

        kept = iter(received)

        async def receive_again() -> ReceiveMessage:
            return next(kept, None) or await receive()

        marks |= {"state": state, IS_REPLAY: True}
        await self._app(scope, receive_again, send)
