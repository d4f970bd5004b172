"""Constrained values that the requests of this domain share."""

from typing import Annotated

from msgspec import Meta, Struct

from vitalapp.domains.accounts.password_rules import MAXIMUM

Email = Annotated[
    str, Meta(min_length=3, max_length=254, description="A private mail address.", examples=["kim@mail.example"])
]
DisplayName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$",
        description="A name or nickname; it need not be a real one.",
        examples=["Kim"],
    ),
]
NewPassword = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAXIMUM,
        description="15 characters or more (8 with a second factor), anything that can be typed; not guessable, not leaked.",
        examples=["four unrelated words, kettle"],
    ),
]
Password = Annotated[str, Meta(min_length=1, max_length=MAXIMUM, examples=["four unrelated words, kettle"])]
SecondFactor = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        description="A code of the authenticator app, or a recovery code.",
        examples=["287082"],
    ),
]
MailToken = Annotated[
    str, Meta(min_length=1, max_length=200, description="The token in the link of the mail.", examples=["vat_uAYk…"])
]


class Accepted(Struct, kw_only=True, frozen=True):
    """Nothing that tells one address from another."""
