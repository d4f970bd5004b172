"""The data map and the three databases say the same: no column without a meaning, no meaning without a column."""

import asyncpg
import pytest

from vitalapp.core.data_map import Table, load_data_map
from vitalapp.core.settings import STORES, Store

# The job queue's tables hold names of tasks and random ids alone; the canary tests look into them.
LIST_COLUMNS = """
SELECT c.relname AS table_name, a.attname AS column_name
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'schema_migrations' AND NOT starts_with(c.relname, 'procrastinate_')
"""
DATA_MAP = load_data_map()


@pytest.mark.parametrize("store", STORES)
async def test_every_column_of_a_store_is_in_the_data_map_and_the_other_way_round(
    store: Store, superusers: dict[Store, asyncpg.Connection]
) -> None:
    """Rule: GDPR 30, S0-12, S1-10."""
    mapped = [(table.name, column) for table in DATA_MAP.tables if table.store == store for column in table.columns]
    there = {(row["table_name"], row["column_name"]) for row in await superusers[store].fetch(LIST_COLUMNS)}
    assert there - set(mapped) == set(), "in the database, not in the data map"
    assert set(mapped) - there == set(), "in the data map, not in the database"
    assert len(mapped) == len(set(mapped)), "declared twice"


@pytest.mark.parametrize("table", DATA_MAP.tables, ids=lambda table: f"{table.store}.{table.name}")
def test_what_a_table_says_of_itself_fits_its_columns(table: Table) -> None:
    named = [
        table.subject and table.subject[0],
        table.observed_at,
        table.retention and table.retention.column,
        table.kept and table.kept.since,
    ]
    assert {column for column in named if column is not None} <= table.columns.keys()
    assert table.category is None or table.category in DATA_MAP.categories
    assert (table.erasure == "keep") == (table.kept is not None)
    if table.erasure == "delete":
        assert table.subject is not None, "nobody can find the person's rows in it"


@pytest.mark.parametrize("table", DATA_MAP.tables, ids=lambda table: f"{table.store}.{table.name}")
def test_a_table_that_names_a_person_goes_at_erasure_or_says_why_not(table: Table) -> None:
    """Rule: GDPR 17."""
    if "pseudonym" in table.columns.values():
        assert table.erasure != "none" or table.retention is not None
