"""The request as handlers get it: JSON bodies decoded strictly into the handler's type."""

from typing import Any

from litestar import Request
from litestar.datastructures import State

from vitalapp.core.http.locale import accepted_locale
from vitalapp.core.problems import Problem
from vitalapp.core.texts import Locale, mark
from vitalapp.core.validation import decode_json


class UnsupportedMediaType(Problem):
    """The body is of a kind that no operation takes."""

    status = 415
    code = "unsupported-media-type"
    title = mark("This kind of body is not accepted")
    default_detail = mark("Send the body as application/json.")


class StrictRequest(Request[Any, Any, State]):
    """Decodes once, into the annotation of the handler's `data`: no "3" for 3, and every fault reported with its place."""

    async def json(self) -> Any:
        """The body as the handler's `data` type, for the handler and each of its dependencies.

        Raises: UnsupportedMediaType (415), MalformedBody and ValidationFailed (400).
        """
        state: dict[str, Any] = self.scope["state"]
        if "data" not in state:
            media_type = self.content_type[0].lower()
            if media_type and media_type != "application/json" and not media_type.endswith("+json"):
                raise UnsupportedMediaType(headers={"Accept": "application/json"})
            field = self.route_handler.parsed_data_field
            state["data"] = decode_json(await self.body(), Any if field is None else field.annotation)
        return state["data"]


def provide_locale(request: Request[Any, Any, State]) -> Locale:
    """Dependency `locale`: the language in which the person reads the answer."""
    return request.scope["state"].get("locale") or accepted_locale(request.headers.get("accept-language", ""))
