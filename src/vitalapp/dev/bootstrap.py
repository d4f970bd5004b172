"""What a superuser makes before the first migration: per store a database and three roles that reach no other store."""

from typing import Literal

import asyncpg
import msgspec

from vitalapp.core.settings import Store

Part = Literal["app", "retention", "migration"]
PARTS: tuple[Part, ...] = ("app", "retention", "migration")


class StoreRoles(msgspec.Struct, frozen=True):
    """One store's roles: their names and passwords.

    Shape: the migration role owns the database and its schema; the other two have what the migrations grant.
    """

    store: Store
    passwords: dict[Part, str]

    def name(self, part: Part) -> str:
        """A role's name in the cluster."""
        return f"vitalapp_{self.store}_{part}"


LOCK_ROLES = "SELECT pg_advisory_xact_lock(hashtext('vitalapp roles'))"
HAS_ROLE = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
HAS_DATABASE = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
QUOTE_STATEMENT = "SELECT format($1, VARIADIC $2::text[])"
CREATE_ROLE = "CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
SET_PASSWORD = "ALTER ROLE %I PASSWORD %L"
CREATE_DATABASE = "CREATE DATABASE %I OWNER %I"
CREATE_DATABASE_FROM = "CREATE DATABASE %I OWNER %I TEMPLATE %I"
DROP_DATABASE = "DROP DATABASE IF EXISTS %I WITH (FORCE)"
CLOSE_DATABASE = "REVOKE ALL ON DATABASE %I FROM PUBLIC"
OPEN_DATABASE = "GRANT CONNECT ON DATABASE %I TO %I, %I, %I"


async def ensure_roles(connection: asyncpg.Connection, roles: StoreRoles) -> None:
    """Make the store's three roles where they are missing and set their passwords.

    Locks: one at a time per cluster; altering a role twice at once fails.
    """
    async with connection.transaction():
        await connection.execute(LOCK_ROLES)
        for part, password in roles.passwords.items():
            if not await connection.fetchval(HAS_ROLE, roles.name(part)):
                await _execute(connection, CREATE_ROLE, roles.name(part))
            await _execute(connection, SET_PASSWORD, roles.name(part), password)


async def ensure_database(
    connection: asyncpg.Connection, roles: StoreRoles, database: str, *, template: str | None = None
) -> None:
    """Make the store's database where it is missing, and let nobody but its three roles in."""
    owner = roles.name("migration")
    if not await connection.fetchval(HAS_DATABASE, database):
        if template is None:
            await _execute(connection, CREATE_DATABASE, database, owner)
        else:
            await _execute(connection, CREATE_DATABASE_FROM, database, owner, template)
    await _execute(connection, CLOSE_DATABASE, database)
    await _execute(connection, OPEN_DATABASE, database, *(roles.name(part) for part in PARTS))


async def make_room(connection: asyncpg.Connection, database: str, *, may_drop: bool) -> bool:
    """Whether there is no database of this name, or none any more."""
    if may_drop:
        await _execute(connection, DROP_DATABASE, database)
    return not await connection.fetchval(HAS_DATABASE, database)


async def _execute(connection: asyncpg.Connection, statement: str, *identifiers: str) -> None:
    await connection.execute(await connection.fetchval(QUOTE_STATEMENT, statement, list(identifiers)))
