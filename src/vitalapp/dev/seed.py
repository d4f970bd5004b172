"""Fictitious data for the local run, made once: what each domain adds.

A domain's `seed.py` exports `async def seed(resources, facts)`. It adds what outsiders must be told to `facts` (members of
`dev.json`, such as `staff`), and finds there what it told at an earlier start, so that it makes nothing twice.
"""

from typing import Any, Protocol

from vitalapp import registry
from vitalapp.core.resources import Resources


class Seed(Protocol):
    """What a domain's `seed.py` exports as `seed`."""

    async def __call__(self, resources: Resources, facts: dict[str, Any]) -> None:
        """Make what is missing."""
        ...


async def seed_stores(resources: Resources, facts: dict[str, Any]) -> None:
    """Have every domain add what is missing, by `ORDER` (0 where a seed names none), then by name."""
    facts.setdefault("staff", [])
    modules = registry.domain_modules("seed")
    for module in sorted(modules, key=lambda module: getattr(module, "ORDER", 0)):
        seed: Seed = module.seed
        await seed(resources, facts)
