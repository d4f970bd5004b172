"""The contract with app developers changes when somebody means it to: `make openapi` writes it anew, and the difference is reviewed."""

import json
import os
from pathlib import Path

import pytest

from vitalapp.app import AUDIENCE_ROUTES, create_app
from vitalapp.core.http.openapi import openapi_document
from vitalapp.core.settings import Settings

FOLDER = Path(__file__).parent.parent.parent / "docs" / "openapi"


@pytest.mark.parametrize("audience", AUDIENCE_ROUTES)
def test_the_openapi_document_is_the_committed_one(audience: str) -> None:
    path = FOLDER / f"{audience}.json"
    described = openapi_document(create_app(Settings(), audience=audience))
    document = json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get("VITALAPP_UPDATE_OPENAPI"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(document)
    assert path.read_text() == document, "the contract has changed; if that is meant, run `make openapi`"
