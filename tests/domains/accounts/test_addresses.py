"""Mail addresses: what counts as one, and when two are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitalapp.core.problems import ValidationFailed
from vitalapp.domains.accounts.addresses import is_on_domain, parse_address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kim@Mail.Example", "kim@mail.example"),
        ("kim@bücher.example", "kim@xn--bcher-kva.example"),
        ("kim@BÜCHER.example", "kim@bücher.example"),
        ("jose\u0301@mail.example", "josé@mail.example"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
    ],
)
def test_two_spellings_of_one_address_are_equal(one: str, other: str) -> None:
    assert parse_address(one).canonical == parse_address(other).canonical


@pytest.mark.parametrize(
    ("one", "other"), [("kim@mail.example", "kim@mail2.example"), ("kim+a@mail.example", "kim@mail.example")]
)
def test_two_addresses_are_not(one: str, other: str) -> None:
    assert parse_address(one).canonical != parse_address(other).canonical


@pytest.mark.parametrize(
    "text",
    ["", "kim", "kim@", "@mail.example", "kim@mail", "kim mail@mail.example", "Kim <kim@mail.example>", "a@b@c.example"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed):
        parse_address(text)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except ValidationFailed:
        return
    assert parse_address(address.mailbox).canonical == address.canonical


@pytest.mark.parametrize(
    ("email", "is_employers"),
    [
        ("kim@employer.example", True),
        ("kim@mail.employer.example", True),
        ("kim@notemployer.example", False),
        ("kim@employer.example.org", False),
    ],
)
def test_the_employers_domains_reach_below_themselves_and_no_further(email: str, is_employers: bool) -> None:
    assert is_on_domain(parse_address(email), ["Employer.example"]) is is_employers
