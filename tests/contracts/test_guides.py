"""What the guides say is there, is there."""

import re
from pathlib import Path

import pytest

from tests.support.operations import list_operations

ROOT = Path(__file__).parents[2]
OPERATION = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/\S+?)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")


@pytest.mark.parametrize(("guide", "audience"), [("api-guide.md", "app"), ("employer-guide.md", "employer")])
def test_each_operation_of_a_guide_exists(guide: str, audience: str) -> None:
    named = set(OPERATION.findall((ROOT / "docs" / guide).read_text()))

    assert named
    assert named - {(operation.method, operation.path) for operation in list_operations(audience)} == set()


def test_the_employers_guide_names_every_operation_of_theirs() -> None:
    named = set(OPERATION.findall((ROOT / "docs" / "employer-guide.md").read_text()))

    promised = {(each.method, each.path) for each in list_operations("employer") if each.path.startswith("/employer/")}
    assert promised - named == set()


@pytest.mark.parametrize("guide", ["privacy.md", "api-guide.md", "employer-guide.md"])
def test_each_test_and_page_that_a_guide_points_to_exists(guide: str) -> None:
    text = (ROOT / "docs" / guide).read_text()

    named = [ROOT / path for path in TEST.findall(text)] + [ROOT / "docs" / path for path in LINK.findall(text)]

    assert [path for path in named if not path.exists()] == []
