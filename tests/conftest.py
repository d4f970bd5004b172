"""Fixtures for every test; each is explained in its module under tests/support/."""

pytest_plugins = [
    "tests.support.properties",
    "tests.support.databases",
    "tests.support.servers",
    "tests.support.application",
    "tests.support.people",
    "tests.support.operator",
    "tests.support.strict_limits",
    "tests.support.staff",
    "tests.support.coaching",
    "tests.support.employers",
]
