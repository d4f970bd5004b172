"""What the import contracts of pyproject.toml cannot say by wildcard: every domain has its own, and names keep their layer."""

import pkgutil
import tomllib
from pathlib import Path

import grimp
import pytest

from vitalapp import domains

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
DOMAINS = sorted(module.name for module in pkgutil.iter_modules(domains.__path__))
LOWER_LAYERS = ("schemas", "queries", "service")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom, outside packages included."""
    return grimp.build_graph("vitalapp", include_external_packages=True)


def test_every_domain_keeps_its_inside_to_itself() -> None:
    contracts = tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
    protected = [contract["protected_modules"] for contract in contracts if contract["type"] == "protected"]
    assert sorted(protected) == [[f"vitalapp.domains.{name}"] for name in DOMAINS]


def test_rules_and_queries_know_no_http(graph: grimp.ImportGraph) -> None:
    importers = [name for name in graph.find_modules_that_directly_import("litestar") if _layer(name) is not None]
    assert importers == []


def test_schemas_queries_and_services_import_downwards_only(graph: grimp.ImportGraph) -> None:
    upwards = [
        (module, imported)
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
        if _is_upwards(module, imported)
    ]
    assert upwards == []


def _is_upwards(module: str, imported: str) -> bool:
    own, other = _layer(module), _layer(imported)
    same_domain = module.split(".")[:3] == imported.split(".")[:3]
    return same_domain and own is not None and other is not None and other > own


def _layer(module: str) -> int | None:
    """The layer that a domain module's name puts it in, None where the name says nothing."""
    if not module.startswith("vitalapp.domains."):
        return None
    words = module.rpartition(".")[2].split("_")
    return next((number for number, name in enumerate(LOWER_LAYERS) if name in words), None)
