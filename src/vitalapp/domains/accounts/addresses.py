"""Mail addresses: what counts as one, and when two are the same."""

import unicodedata

import msgspec
from email_validator import EmailNotValidError, validate_email

from vitalapp.core.keys import KeyRing
from vitalapp.core.problems import FieldError, ValidationFailed
from vitalapp.core.texts import mark

_NOT_AN_ADDRESS = mark("This is not a mail address.")


class MailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One mail address.

    Shape: `mailbox` is what mail is sent to; `canonical` is equal for two spellings of one address; `domain` is ASCII, lower case.
    """

    mailbox: str
    canonical: str
    domain: str

    def index(self, keys: KeyRing) -> bytes:
        """The keyed hash by which the address is found."""
        return keys.blind_index("email", self.canonical)


def parse_address(text: str, *, pointer: str = "/email") -> MailAddress:
    """The address in a text; whether mail arrives there is for mail to find out.

    Shape: case never tells two addresses apart; a name in another script equals its punycode.
    Raises: ValidationFailed (400) at `pointer`.
    """
    try:
        parsed = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValidationFailed(errors=[FieldError(pointer, _NOT_AN_ADDRESS)]) from None
    domain = parsed.ascii_domain.lower()
    local = unicodedata.normalize("NFC", parsed.local_part.casefold())
    return MailAddress(mailbox=parsed.normalized, canonical=f"{local}@{domain}", domain=domain)


def is_on_domain(address: MailAddress, domains: list[str]) -> bool:
    """Whether the address is on one of the domains, or below one."""
    return any(address.domain == domain or address.domain.endswith(f".{domain}") for domain in map(_ascii, domains))


def _ascii(domain: str) -> str:
    try:
        return parse_address(f"x@{domain}").domain
    except ValidationFailed:
        return domain.lower()
