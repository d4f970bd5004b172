"""What the guides say is there, is there."""

import re
from pathlib import Path

import pytest
from litestar.handlers import HTTPRouteHandler

from vitalapp import registry

ROOT = Path(__file__).parents[2]
OPERATION = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/\S+?)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")


def operations() -> set[tuple[str, str]]:
    """Every operation of the app's API, its path parameters by name alone."""
    return {
        (method, re.sub(r":\w+}", "}", path))
        for route in registry.routes("routes")
        if isinstance(route, HTTPRouteHandler)
        for path in route.paths
        for method in route.http_methods
    }


def test_each_operation_of_the_api_guide_exists() -> None:
    named = set(OPERATION.findall((ROOT / "docs" / "api-guide.md").read_text()))

    assert named
    assert named - operations() == set()


@pytest.mark.parametrize("guide", ["privacy.md", "api-guide.md"])
def test_each_test_and_page_that_a_guide_points_to_exists(guide: str) -> None:
    text = (ROOT / "docs" / guide).read_text()

    named = [ROOT / path for path in TEST.findall(text)] + [ROOT / "docs" / path for path in LINK.findall(text)]

    assert [path for path in named if not path.exists()] == []
