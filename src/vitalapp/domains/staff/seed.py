"""The local run's fictitious staff: of every role, two privacy officers since one confirms what the other decides."""

from datetime import timedelta
from typing import Any

from vitalapp.core.resources import Resources
from vitalapp.domains.staff import service
from vitalapp.domains.staff.schemas import StaffInput

_SIGNED_AGO = timedelta(days=90)
_STAFF: tuple[dict[str, Any], ...] = (
    {"display_name": "Els de Wit", "role": "coach", "profession": "coach", "themes": ("sleep", "energy")},
    {"display_name": "Omar Idrissi", "role": "coach", "profession": "coach", "themes": ("workload", "balance")},
    {"display_name": "Sanne Vermeer", "role": "coach", "profession": "psychologist", "themes": ("stress", "mood")},
    {"display_name": "Petra Jansen", "role": "privacy_officer"},
    {"display_name": "Ruben Smit", "role": "privacy_officer"},
    {"display_name": "Koen Bakker", "role": "complaints_officer"},
    {"display_name": "Noor Visser", "role": "operator"},
)


async def seed(resources: Resources, facts: dict[str, Any]) -> None:
    """Add the staff to `facts["staff"]`, unless an earlier start has."""
    if not facts["staff"]:
        facts["staff"] = [await _create(resources, person) for person in _STAFF]


async def _create(resources: Resources, person: dict[str, Any]) -> dict[str, Any]:
    email = f"{person['display_name'].lower().replace(' ', '.')}@vitalapp.example"
    signed_on = (resources.clock() - _SIGNED_AGO).date()
    data = StaffInput(**person, email=email, languages=("nl", "en"), confidentiality_signed_on=signed_on)
    secrets = await service.create_staff(resources, data)
    return {
        "id": str(secrets.id),
        "role": data.role,
        "email": email,
        "password": secrets.password,
        "totp_secret": secrets.totp_secret,
    }
