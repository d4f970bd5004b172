"""Deletes the rows of many people by the data map: one statement a table, what refers to a row before the row."""

from graphlib import TopologicalSorter
from typing import Any

from vitalapp.core.data_map import Table
from vitalapp.core.stores import Connection
from vitalapp.domains.privacy.erasure_vault_queries import list_references

Counts = dict[str, int]


async def delete_rows_by_keys(connection: Connection, tables: list[Table], people: list[dict[str, Any]]) -> list[Counts]:
    """Delete and count, by category; `people` are their ids by the data map's names, and the counts are in their order."""
    counts: list[Counts] = [{} for _ in people]
    for table in tables:
        if table.subject is None:
            continue
        whose = {keys[table.subject[1]]: of_person for keys, of_person in zip(people, counts, strict=True)}
        for row in await connection.fetch(table.erase_people_sql, list(whose)):
            if table.category is not None:
                of_person = whose[row["subject"]]
                of_person[table.category] = of_person.get(table.category, 0) + row["count"]
    return counts


async def in_order(connection: Connection, tables: list[Table]) -> list[Table]:
    """Tables so that rows go before the rows that they refer to, and every one is counted."""
    by_name = {table.name: table for table in tables}
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(by_name, ()))
    for child, parent in await list_references(connection):
        order.add(parent, child)
    return [by_name[name] for name in order.static_order() if name in by_name]
