"""Which versions of the app are still served."""

import re

from vitalapp.core.settings import Settings

_VERSION = re.compile(r"^(?:(?P<platform>ios|android|web)[/ ])?v?(?P<numbers>\d{1,6}(?:\.\d{1,6}){0,3})", re.IGNORECASE)

Version = tuple[int, ...]


class MinimumVersions:
    """The oldest version per platform."""

    def __init__(self, settings: Settings) -> None:
        self.texts = {
            "ios": settings.minimum_ios_version,
            "android": settings.minimum_android_version,
            "web": settings.minimum_web_version,
        }
        self._minimum = {platform: _numbers(text) for platform, text in self.texts.items()}

    def is_outdated(self, app_version: str) -> bool:
        """Whether an `X-App-Version` such as `2.1.0` or `ios/2.1.0` is too old; without a platform, older than all of them.

        What does not look like a version is let through: a wrong header must not lock anybody out.
        """
        match = _VERSION.match(app_version.strip())
        if match is None:
            return False
        platform = (match["platform"] or "").lower()
        minimum = self._minimum[platform] if platform else min(self._minimum.values())
        return _numbers(match["numbers"]) < minimum


def _numbers(text: str) -> Version:
    match = _VERSION.match(text)
    parts = match["numbers"].split(".") if match else []
    return tuple(int(part) for part in [*parts, "0", "0", "0"][:4])
