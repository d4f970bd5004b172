"""IANA time zones, by the names that a phone sends."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from vitalapp.core.problems import FieldError, ValidationFailed
from vitalapp.core.texts import mark

_UNKNOWN_ZONE = mark("Not an IANA time zone, such as Europe/Amsterdam.")


def time_zone(name: str, *, pointer: str = "/time_zone") -> ZoneInfo:
    """The zone of a name.

    Raises: ValidationFailed (400) at `pointer` for a name that is in no list of zones.
    """
    if name not in _names():
        raise ValidationFailed(errors=[FieldError(pointer, _UNKNOWN_ZONE)])
    return ZoneInfo(name)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "Factory"}
