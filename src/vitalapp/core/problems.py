"""The ways in which a request can fail, as exceptions; `core.http.errors` turns them into RFC 9457 answers.

A domain adds its own by subclassing `Problem` in its `errors.py` with a status, a code and a title.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import ClassVar
from uuid import UUID

import msgspec

from vitalapp.core.texts import mark


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong with one value of a request.

    Shape: `pointer` is an RFC 6901 pointer into the body ("" is the whole body), or "/name" of a query parameter or header;
    `detail` is English and is translated with `params` filled in.
    """

    pointer: str
    detail: str
    params: Mapping[str, object] = msgspec.field(default_factory=dict[str, object])


class Problem(Exception):
    """A refusal that the client can act on.

    `title` and `detail` are English texts wrapped in `mark`, translated when the answer is written; `members` become extra
    members of the problem document, so they never hold what the client did not send or may not know.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = mark("Something went wrong on our side")
    default_detail: ClassVar[str] = mark("The request could not be completed. Trying again later may help.")

    def __init__(
        self,
        detail: str | None = None,
        *,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
        **members: object,
    ) -> None:
        super().__init__(self.code)
        self.detail = self.default_detail if detail is None else detail
        self.params = dict(params or {})
        self.headers = dict(headers or {})
        self.errors = tuple(errors)
        self.members = members


class ValidationFailed(Problem):
    """The request's values are not acceptable; `errors` says which."""

    status = 400
    code = "validation-failed"
    title = mark("The request is not valid")
    default_detail = mark("One or more values are missing or wrong; see errors.")


class MalformedBody(Problem):
    """The body is not JSON at all; the one error's pointer is the whole body."""

    status = 400
    code = "malformed-body"
    title = mark("The request is not valid")
    default_detail = mark("The body is not well-formed JSON in UTF-8.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("", self.default_detail)])


class BadRequest(Problem):
    """The request cannot be understood, and no field of it is to blame."""

    status = 400
    code = "bad-request"
    title = mark("The request is not valid")
    default_detail = mark("The request could not be understood.")


class InvalidSession(Problem):
    """No session stands behind the request."""

    status = 401
    code = "invalid-session"
    title = mark("You are not signed in")
    default_detail = mark("The session is missing, has expired or has ended. Sign in again.")

    def __init__(self, detail: str | None = None, *, params: Mapping[str, object] | None = None) -> None:
        super().__init__(detail, params=params, headers={"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    """The session's role may not do this."""

    status = 403
    code = "forbidden"
    title = mark("You may not do this")
    default_detail = mark("Your role does not give access to this.")


class WrongRole(Forbidden):
    """The token is another audience's, or its holder's role does not reach here."""

    code = "wrong-role"


class NetworkNotAllowed(Forbidden):
    """Staff come from listed networks only.

    Rule: S0-33.
    """

    code = "network-not-allowed"
    default_detail = mark("Staff can sign in and work from listed networks only.")


class ConsentRequired(Problem):
    """The consent that this rests on is not (or no longer) given to the current statement.

    Rule: GDPR 9(2)(a), S2-05, S2-07.
    """

    status = 403
    code = "consent-required"
    title = mark("Your consent is needed first")
    default_detail = mark("Read the consent statement and give your explicit consent to use this part of the app.")

    def __init__(self, statement_id: UUID) -> None:
        super().__init__(statement_id=statement_id)


class NotFound(Problem):
    """Nothing there, or somebody else's: the answer is the same."""

    status = 404
    code = "not-found"
    title = mark("Not found")
    default_detail = mark("There is nothing here.")


class Conflict(Problem):
    """The present state does not allow this."""

    status = 409
    code = "conflict"
    title = mark("This does not fit the present state")
    default_detail = mark("Something changed in the meantime. Fetch it again and retry.")


class IdempotencyKeyInUse(Problem):
    """The first request with this key is still running."""

    status = 409
    code = "idempotency-key-in-use"
    title = mark("This request is still running")
    default_detail = mark("A request with the same Idempotency-Key has not finished yet. Try again in a moment.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class IdempotencyKeyReused(Problem):
    """The key stands for another request."""

    status = 422
    code = "idempotency-key-reused"
    title = mark("This Idempotency-Key was used before")
    default_detail = mark("The Idempotency-Key belongs to a request with other content. Use a fresh key for each request.")


class PreconditionFailed(Problem):
    """The object has moved on since the client read it."""

    status = 412
    code = "version-mismatch"
    title = mark("This was changed in the meantime")
    default_detail = mark("The version in If-Match is not the current one. Fetch it again and retry.")


class PreconditionRequired(Problem):
    """The request must say which version it changes."""

    status = 428
    code = "precondition-required"
    title = mark("If-Match is missing")
    default_detail = mark("Send the ETag that you last read in an If-Match header.")


class UpgradeRequired(Problem):
    """The app is older than the oldest that is served."""

    status = 426
    code = "upgrade-required"
    title = mark("Please update the app")
    default_detail = mark("This version of the app is no longer supported. Install the newest version.")


class RateLimited(Problem):
    """Too many requests in too short a time.

    Units: `retry_after_seconds`, rounded up to whole seconds in `Retry-After`.
    """

    status = 429
    code = "rate-limited"
    title = mark("Too many requests")
    default_detail = mark("You did this too often in a short time. Wait a moment and try again.")

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(headers={"Retry-After": str(max(1, ceil(retry_after_seconds)))})


class StoreUnavailable(Problem):
    """A store is away; nothing of the request was done."""

    status = 503
    code = "temporarily-unavailable"
    title = mark("We are temporarily unavailable")
    default_detail = mark("The service is temporarily unavailable and nothing was changed. Try again in a moment.")

    def __init__(self, retry_after_seconds: int = 2) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_seconds)})
