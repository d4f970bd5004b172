"""Every SQL statement of the code runs against a migrated store, under a role that a process has."""

import importlib
import pkgutil
import re

import vitalapp
from tests.support.databases import Stores
from tests.support.statements import Roles, complaint, open_roles
from vitalapp.core.data_map import load_data_map

STATEMENT = re.compile(r"\s*(?:--[^\n]*\s+)*(?:WITH|SELECT|INSERT|UPDATE|DELETE|TABLE|VALUES)\s")
# Run by the superuser or the migration role before there is a store to run against.
ELSEWHERE = ("vitalapp.dev.", "vitalapp.core.migrations")


def statements() -> dict[str, str]:
    """Every SQL constant of the product: where it stands, by its text."""
    found: dict[str, str] = {}
    for module in pkgutil.walk_packages(vitalapp.__path__, "vitalapp."):
        if module.name.startswith(ELSEWHERE) or module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if name.isupper() and isinstance(value, str) and STATEMENT.match(value):
                found.setdefault(value, f"{module.name}.{name}")
    return found


async def complaints(roles: Roles, statement: str) -> list[str]:
    """What each role has against it; nothing where one of them can run it."""
    found = {f"{store} {part}": await complaint(role, statement) for (store, part), role in roles.items()}
    return [] if None in found.values() else [f"{role}: {told}" for role, told in found.items()]


async def test_every_statement_runs_in_a_store_under_a_role_that_a_process_has(stores: Stores) -> None:
    """Rule: style.md, SQL."""
    async with open_roles(stores) as roles:
        broken = {place: told for statement, place in statements().items() if (told := await complaints(roles, statement))}
    assert broken == {}, "\n".join(f"{place}: {told}" for place, told in broken.items())


async def test_what_the_data_map_generates_runs_under_the_role_that_needs_it(stores: Stores) -> None:
    broken: dict[str, str] = {}
    async with open_roles(stores) as roles:
        for table in load_data_map().tables:
            needed = [("app", table.count_sql)] if table.subject else []
            if table.erasure == "delete":
                needed += [("app", table.erase_sql), ("app", table.erase_people_sql)]
            if table.retention:
                needed.append(("retention", table.expire_sql))
            for part, statement in needed:
                if told := await complaint(roles[table.store, part], statement):
                    broken[f"{part}: {statement}"] = told
    assert broken == {}
