"""The register of processing activities (GDPR 30), from the data map; nobody writes it by hand."""

from typing import Any

from vitalapp.core.category_texts import describe_category
from vitalapp.core.controller import load_controller
from vitalapp.core.data_map import Category, DataMap, Table
from vitalapp.core.settings import Settings

_LOCALE = "en"


def make_register(data_map: DataMap, settings: Settings) -> dict[str, Any]:
    """The register as data.

    Shape: `{controller, contacts, processing_location, activities: [{category, purpose, legal_basis, recipients, retention,
    data_subjects, tables: [{store, table, columns, erasure, retained}]}], tables_without_personal_data}`.
    Rule: GDPR 30(1); S0-12.
    """
    known = load_controller()
    return {
        "controller": {
            "name": known.controller.name,
            "address": known.controller.address,
            "registration_number": known.controller.registration_number,
        },
        "contacts": {
            "privacy_officer": known.contacts.privacy_officer,
            "data_protection_officer": known.contacts.data_protection_officer,
            "supervisory_authority": known.contacts.supervisory_authority,
        },
        "processing_location": settings.hosting_country,
        "transfers_outside_eea": "none",
        "activities": [
            _activity(category, [table for table in data_map.tables if table.category == category.key])
            for category in data_map.categories.values()
        ],
        "tables_without_personal_data": [
            f"{table.store}.{table.name}" for table in data_map.tables if table.category is None and table.subject is None
        ],
    }


def _activity(category: Category, tables: list[Table]) -> dict[str, Any]:
    text = describe_category(category, _LOCALE)
    return {
        "category": category.key,
        "purpose": text.purpose,
        "legal_basis": text.legal_basis,
        "data_subjects": "employees who use the app" if any(table.subject for table in tables) else "others",
        "recipients": text.recipients,
        "retention": text.retention,
        "is_portable": category.is_portable,
        "tables": [_table(table) for table in tables],
    }


def _table(table: Table) -> dict[str, Any]:
    kept = table.kept
    return {
        "store": table.store,
        "table": table.name,
        "columns": dict(table.columns),
        "erasure": table.erasure,
        "expires_after_days": table.retention.days if table.retention else None,
        "retained": None if kept is None else {"ground": kept.ground, "years": kept.years},
    }


def render_register(register: dict[str, Any]) -> str:
    """The register as Markdown."""
    lines = [
        "# Register of processing activities (GDPR Article 30)",
        "",
        f"Controller: {register['controller']['name']}, {register['controller']['address']}",
        f"({register['controller']['registration_number']})  ",
        f"Privacy officer: {register['contacts']['privacy_officer']}  ",
        f"Data protection officer: {register['contacts']['data_protection_officer']}  ",
        f"Processed in: {register['processing_location']}; transfers outside the EEA: {register['transfers_outside_eea']}",
    ]
    for activity in register["activities"]:
        lines += [
            "",
            f"## {activity['category']}",
            "",
            f"- Purpose: {activity['purpose']}",
            f"- Legal basis: {activity['legal_basis']}",
            f"- Of whom: {activity['data_subjects']}",
            f"- Recipients: {', '.join(activity['recipients']) or 'none'}",
            f"- Kept: {activity['retention']}",
        ]
        if activity["tables"]:
            lines += ["", "| store | table | columns | at erasure | outlives it |", "|---|---|---|---|---|"]
        for table in activity["tables"]:
            kept = table["retained"]
            outlives = f"{kept['years']} years, {kept['ground']}" if kept else "—"
            columns = ", ".join(table["columns"])
            lines.append(f"| {table['store']} | {table['table']} | {columns} | {table['erasure']} | {outlives} |")
    return "\n".join(lines) + "\n"
