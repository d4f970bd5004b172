"""Which passwords are good enough: NIST SP 800-63B-4, ASVS 6.2."""

import hashlib
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitalapp.domains.accounts.password_rules import (
    MAXIMUM,
    MINIMUM_ALONE,
    PasswordOwner,
    find_fault,
    is_breached,
    is_long,
)

OWNER = PasswordOwner(email="anna.jansen@mail.example", display_name="Anna Jansen")
SECOND_FACTOR = PasswordOwner(email="anna.jansen@mail.example", has_second_factor=True)
GOOD = "kettle orbit lantern plum"


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "correct horse battery staple",
        "ik fiets elke dag naar zee",
        "パスワードではない長い言葉です",
        "🐌🌵🎷🧦🪐🦑🥨🛶🪁🧲🦔🍇🚲🪗🧊",
        "x7#Kq9!vLm2$Rt5",
        " leading and trailing spaces count ",
    ],
)
def test_a_password_of_fifteen_characters_or_more_needs_no_kinds_of_characters(password: str) -> None:
    assert find_fault(password, owner=OWNER) is None


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword1",
        "qwertyuiopasdfghjkl",
        "123456789012345",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnopqrst",
        "P@ssw0rdP@ssw0rd",
        "iloveyou12345678",
        "Welkom2026!Welkom2026!",
        "vitalapp2026vitalapp",
        "annajansenannajansen",
        "anna.jansen@mail.example",
    ],
)
def test_a_guessable_password_is_refused(password: str) -> None:
    fault = find_fault(password, owner=OWNER)
    assert fault
    assert "easy to guess" in fault.detail


@pytest.mark.parametrize(
    ("length", "is_accepted"), [(14, False), (15, True), (64, True), (MAXIMUM, True), (MAXIMUM + 1, False)]
)
def test_length_is_all_that_bounds_a_password(length: int, is_accepted: bool) -> None:
    password = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(5))[:length]
    assert (find_fault(password, owner=OWNER) is None) is is_accepted


@pytest.mark.parametrize(
    ("password", "is_accepted"), [("kT9#mQ2", False), ("kT9#mQ2!", True), ("password", False), ("anna1234", False)]
)
def test_with_a_second_factor_eight_characters_are_enough(password: str, is_accepted: bool) -> None:
    assert (find_fault(password, owner=SECOND_FACTOR) is None) is is_accepted


def test_characters_are_counted_as_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "éèêëàâäôöùûüîï")
    assert len(decomposed) >= MINIMUM_ALONE > len(unicodedata.normalize("NFC", decomposed))
    assert find_fault(decomposed, owner=OWNER)
    assert not is_long(decomposed)


@given(st.text(max_size=300))
def test_any_text_gets_a_verdict_and_both_compositions_the_same(password: str) -> None:
    composed = find_fault(unicodedata.normalize("NFC", password), owner=OWNER)
    decomposed = find_fault(unicodedata.normalize("NFD", password), owner=OWNER)
    assert composed == decomposed


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=40), st.text(min_size=1, max_size=30))
def test_the_sorted_file_of_leaked_passwords_is_searched_without_reading_it_whole(leaked: list[str], other: str) -> None:
    hashes = sorted({sha1(password) for password in leaked})
    with TemporaryDirectory() as folder:
        file = Path(folder) / "leaked.txt"
        file.write_bytes(b"".join(f"{digest}:{number}\r\n".encode() for number, digest in enumerate(hashes, 1)))
        assert all(is_breached(file, password) for password in leaked)
        assert is_breached(file, other) is (other in leaked)


def test_a_leaked_password_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "leaked.txt"
    file.write_text(f"{sha1(GOOD)}:12\n")
    fault = find_fault(GOOD, owner=OWNER, breached_file=file)
    assert fault
    assert "leaked" in fault.detail


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
