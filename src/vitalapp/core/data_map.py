"""The data map: what every column of every store is, declared by each domain beside its tables.

From this one registry come the export, the erasure, the retention sweeps, the Article 30 register, "what we hold on you" and the
privacy notice's tables. A column that is in a database and not here fails the build.
Rule: GDPR 5, 25, 30; S0-12, S1-10.
"""

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

import msgspec

from vitalapp.core.settings import Store

SubjectKey = Literal["account_id", "person_id", "log_subject_id", "consent_subject_id", "subject_index", "email_index"]
ColumnKind = Literal[
    "identifier",  # a random id of the row or of an object
    "pseudonym",  # a random id of a person
    "sealed",  # a person's own words or answers, encrypted
    "keyed_hash",  # finds a sealed value or checks a secret
    "setting",  # a choice from a closed list
    "instant",  # when something happened
    "state",  # how far something is
    "business",  # of an organisation, no person's
]
Erasure = Literal[
    "delete",  # the person's rows go at erasure
    "cascade",  # go with the row they hang on
    "keep",  # stay, under the ground and term in `kept`
    "none",  # hold nothing of a person
]


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """One category of personal data, as the person reads it.

    Shape: texts are English message ids of the catalogue; `legal_basis` names the article.
    """

    key: str
    purpose: str
    legal_basis: str
    retention: str
    recipients: tuple[str, ...] = ()
    is_portable: bool = False


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Rows go once `column` lies longer than `days` in the past."""

    column: str
    days: int


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Why and how long rows outlive an erasure.

    Shape: a row's term runs from its column `since`; where that is not so simple, from the SQL expression `runs_from`, which is NULL
    while it does not run yet; `of_person` is
    the condition that makes a row the person's whose `person_id` is `$1`, where the table itself names nobody and other rows lead
    to it until they are erased.
    """

    ground: str
    years: int
    since: str
    runs_from: str | None = None
    of_person: str | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table.

    Shape: `subject` names the column that holds the person and the kind of id in it (None: no employee's data);
    `observed_at` the column that dates a row; `columns` maps every column to what it is; `counted` is the SQL condition of the rows
    that still hold something of the person (None: all of them); `data_key_owner` is the unique column with the id of whose key
    `wrapped_data_key` holds, where there is one.
    """

    store: Store
    name: str
    category: str | None
    columns: dict[str, ColumnKind]
    erasure: Erasure
    subject: tuple[str, SubjectKey] | None = None
    observed_at: str | None = None
    counted: str | None = None
    retention: Retention | None = None
    kept: Kept | None = None
    data_key_owner: str | None = None

    @property
    def count_sql(self) -> str:
        """Counts one person's rows and dates them: `count, oldest, newest`."""
        subject, _ = self._subject()
        dated = f"min({self.observed_at})::timestamptz AS oldest, max({self.observed_at})::timestamptz AS newest"
        undated = "NULL::timestamptz AS oldest, NULL::timestamptz AS newest"
        return (
            f"SELECT count(*) AS count, {dated if self.observed_at else undated} FROM {self.name} "
            f"WHERE {subject} = $1 AND {self.counted or 'true'}"
        )

    @property
    def count_within_sql(self) -> str:
        """Counts the rows of the person in a surrounding `me`, named by the table: `name, count, oldest, newest`."""
        subject, kind = self._subject()
        dated = f"min({self.observed_at})::timestamptz AS oldest, max({self.observed_at})::timestamptz AS newest"
        undated = "NULL::timestamptz AS oldest, NULL::timestamptz AS newest"
        return (
            f"SELECT '{self.name}' AS name, held.* FROM me CROSS JOIN LATERAL ("
            f"SELECT count(*) AS count, {dated if self.observed_at else undated} FROM {self.name} "
            f"WHERE {self.name}.{subject} = me.{kind} AND {self.counted or 'true'}) AS held"
        )

    @property
    def erase_sql(self) -> str:
        """Deletes one person's rows."""
        subject, _ = self._subject()
        return f"DELETE FROM {self.name} WHERE {subject} = $1"

    @property
    def erase_people_sql(self) -> str:
        """Deletes the rows of the people in the array `$1`, and counts those that held something: `subject, count`."""
        subject, _ = self._subject()
        return (
            f"WITH gone AS (DELETE FROM {self.name} WHERE {subject} = ANY($1) "
            f"RETURNING {subject} AS subject, {self.counted or 'true'} AS is_counted) "
            "SELECT subject, count(*) FILTER (WHERE is_counted) AS count FROM gone GROUP BY subject"
        )

    @property
    def kept_since_sql(self) -> str:
        """The newest instant from which the term of one person's kept rows runs, NULL where there are none."""
        kept = self._kept()
        condition = kept.of_person or f"{self._subject()[0]} = $1"
        return f"SELECT max({kept.runs_from or kept.since}) FROM {self.name} WHERE {condition}"

    @property
    def end_kept_sql(self) -> str:
        """Deletes the rows that were kept past an erasure, or would have been, and whose term is over at `$1`."""
        return f"DELETE FROM {self.name} WHERE {self._is_kept_term_over}"

    @property
    def count_kept_ended_sql(self) -> str:
        """Counts what `end_kept_sql` would delete."""
        return f"SELECT count(*) FROM {self.name} WHERE {self._is_kept_term_over}"

    @property
    def _is_kept_term_over(self) -> str:
        kept = self._kept()
        return f"{kept.runs_from or kept.since} < $1::timestamptz - make_interval(years => {kept.years})"

    def _kept(self) -> Kept:
        if self.kept is None:
            raise ValueError(f"{self.name} outlives nothing")
        return self.kept

    @property
    def list_wrapped_sql(self) -> str:
        """Up to `$2` wrapped data keys of owners after `$1`, in order: `owner, wrapped`."""
        owner = self.data_key_owner
        return (
            f"SELECT {owner} AS owner, wrapped_data_key AS wrapped FROM {self.name} "
            f"WHERE ($1::uuid IS NULL OR {owner} > $1) ORDER BY {owner} LIMIT $2"
        )

    @property
    def rewrap_sql(self) -> str:
        """Replaces the wrapped keys of the owners `$1` that are still `$2` by `$3`."""
        return (
            f"UPDATE {self.name} SET wrapped_data_key = fresh.wrapped "
            "FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS fresh (owner, old, wrapped) "
            f"WHERE {self.name}.{self.data_key_owner} = fresh.owner AND {self.name}.wrapped_data_key = fresh.old"
        )

    def subjects_sql(self, column: str) -> str:
        """Every different value of a column."""
        return f"SELECT DISTINCT {column} AS subject FROM {self.name} WHERE {column} IS NOT NULL"

    @property
    def expire_sql(self) -> str:
        """Deletes up to `$2` rows that are past their term at `$1`."""
        return f"DELETE FROM {self.name} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {self.name} WHERE {self._is_expired} LIMIT $2))"

    @property
    def count_expired_sql(self) -> str:
        """Counts what `expire_sql` would delete, had it no limit."""
        return f"SELECT count(*) FROM {self.name} WHERE {self._is_expired}"

    @property
    def _is_expired(self) -> str:
        if self.retention is None:
            raise ValueError(f"{self.name} has no retention rule")
        return f"{self.retention.column} < $1::timestamptz - make_interval(days => {self.retention.days})"

    def _subject(self) -> tuple[str, SubjectKey]:
        if self.subject is None:
            raise ValueError(f"{self.name} holds no person's rows")
        return self.subject


class DataMap:
    """Every category and table of all domains, in the order of declaration."""

    def __init__(self, categories: Sequence[Category], tables: Sequence[Table]) -> None:
        self.categories = {category.key: category for category in categories}
        self.tables = list(tables)

    def personal(self, store: Store) -> list[Table]:
        """The tables of a store that hold an employee's rows."""
        return [table for table in self.tables if table.store == store and table.subject is not None]

    @property
    def held_in_identity_sql(self) -> str:
        """Counts what identity holds of the account `$1` at epoch `$2`, whose subject index is `$3`; no row for a stale epoch."""
        return (
            "WITH me AS (SELECT account_id, person_id, log_subject_id, consent_subject_id, email_index, $3::bytea AS subject_index "
            "FROM accounts WHERE account_id = $1 AND epoch = $2 AND NOT is_erasing) "
            + " UNION ALL ".join(table.count_within_sql for table in self.personal("identity"))
        )

    @property
    def held_in_vault_sql(self) -> str:
        """Counts what the vault holds of the person `$1` at epoch `$2` (NULL: before consent), and logs it by the line `$5`.

        Shape: `$3` is the person's id in the access log, `$4` the subject index; no row for a stale epoch.
        """
        return (
            "WITH fence AS (SELECT FROM persons WHERE person_id = $1 AND epoch = $2 UNION ALL SELECT WHERE $2::bigint IS NULL), "
            "line AS (INSERT INTO access_log SELECT ($5::access_line).* FROM fence), "
            "me AS (SELECT $1::uuid AS person_id, $3::uuid AS log_subject_id, $4::bytea AS subject_index FROM fence) "
            + " UNION ALL ".join(table.count_within_sql for table in self.personal("vault"))
        )

    def kept(self, store: Store) -> list[Table]:
        """The tables of a store whose rows outlive an erasure."""
        return [
            table
            for table in self.tables
            if table.store == store and table.kept is not None and (table.subject or table.kept.of_person)
        ]

    def erased(self, store: Store) -> list[Table]:
        """The tables of a store whose rows an erasure deletes."""
        return [table for table in self.personal(store) if table.erasure == "delete"]


@cache
def load_data_map() -> DataMap:
    """The data map of the core and of every domain; domains are found by their folder, so that the core depends on none."""
    packages = pkgutil.iter_modules(import_module("vitalapp.domains").__path__)
    domains = sorted(f"vitalapp.domains.{package.name}.data_map" for package in packages)
    modules = [import_module(path) for path in ("vitalapp.core.core_data_map", *domains) if find_spec(path) is not None]
    return DataMap(
        [category for module in modules for category in module.CATEGORIES],
        [table for module in modules for table in module.TABLES],
    )
