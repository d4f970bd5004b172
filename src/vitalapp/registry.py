"""Finds the domains: a new one is a new folder in `vitalapp/domains`, named nowhere else.

A domain may have `routes.py` (the app), `routes_admin.py` (staff), `routes_operator.py`, `routes_employer.py` (each exports `ROUTES`),
`data_map.py` (`CATEGORIES`, `TABLES`), `tasks.py` (see `vitalapp.worker`) and `commands.py` (`COMMANDS`).
"""

import importlib
import pkgutil
from importlib.util import find_spec
from types import ModuleType

from litestar.types import ControllerRouterHandler

from vitalapp import domains


def domain_modules(name: str) -> list[ModuleType]:
    """The module `name` of every domain that has one, by domain name."""
    packages = sorted(module.name for module in pkgutil.iter_modules(domains.__path__))
    paths = [f"{domains.__name__}.{package}.{name}" for package in packages]
    return [importlib.import_module(path) for path in paths if find_spec(path) is not None]


def routes(name: str) -> list[ControllerRouterHandler]:
    """The routes that every domain exports in its module `name`."""
    return [route for module in domain_modules(name) for route in module.ROUTES]
