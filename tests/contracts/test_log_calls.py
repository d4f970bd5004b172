"""Every line that our own code logs names its event and uses keys of the list, so that nothing of it is dropped."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import vitalapp
from vitalapp.core.logs import ALLOWED

LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    source = Path(vitalapp.__file__).parent
    for file in source.rglob("*.py"):
        text = file.read_text()
        if "structlog" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                yield f"{file.relative_to(source)}:{node.lineno}", node


def test_there_are_log_calls_to_look_at() -> None:
    assert [*log_calls()]


def test_every_event_is_a_name_written_out() -> None:
    for place, call in log_calls():
        (event,) = call.args
        assert isinstance(event, ast.Constant), place
        assert re.fullmatch(r"[a-z][a-z0-9_]*", str(event.value)), place


def test_every_key_is_on_the_list() -> None:
    for place, call in log_calls():
        unknown = {keyword.arg for keyword in call.keywords if keyword.arg} - ALLOWED.keys()
        assert not unknown, place
