"""The language of an answer."""

from functools import lru_cache

from vitalapp.core.texts import DEFAULT_LOCALE, LOCALES, Locale


@lru_cache(maxsize=256)
def accepted_locale(accept_language: str) -> Locale:
    """The language that an `Accept-Language` header likes best among ours; Dutch where it names none.

    Rule: RFC 9110, 12.5.4.
    """
    liked: dict[Locale, float] = dict.fromkeys(LOCALES, 0.0)
    for choice in accept_language.split(","):
        language, _, parameters = choice.partition(";")
        primary = language.strip().lower().partition("-")[0]
        for locale in LOCALES:
            if locale == primary:
                liked[locale] = max(liked[locale], _quality(parameters))
    best: Locale = max(LOCALES, key=lambda locale: liked[locale])
    return best if liked[best] else DEFAULT_LOCALE


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
