"""Sharing of one measurement with one coach: off by default, and only of what is there."""

from uuid import UUID, uuid4

import pytest

from tests.domains.vitality.vitality_steps import Superusers, access_lines, measured
from tests.support.people import People
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.domains.vitality.service import share_measurement


async def shares(superusers: Superusers) -> list[tuple[UUID, UUID]]:
    rows = await superusers["vault"].fetch("SELECT measurement_id, coach_id FROM measurement_shares")
    return [tuple(row) for row in rows]


async def test_a_measurement_is_private_until_it_is_shared_and_again_after(
    people: People, resources: Resources, superusers: Superusers
) -> None:
    person = await people.signed_in()
    measurement_id, coach_id = UUID((await measured(person))["id"]), uuid4()
    assert await shares(superusers) == []
    for is_shared in (True, True, False, False):
        await share_measurement(
            resources, person.session, measurement_id=measurement_id, coach_id=coach_id, is_shared=is_shared
        )
        assert await shares(superusers) == ([(measurement_id, coach_id)] if is_shared else [])
    assert (await access_lines(superusers, person))[1:] == [("update", "measurement", measurement_id, "granted")] * 4


@pytest.mark.parametrize("is_shared", [True, False])
async def test_somebody_elses_measurement_cannot_be_shared(
    people: People, resources: Resources, superusers: Superusers, is_shared: bool
) -> None:
    owner, stranger = await people.signed_in(), await people.signed_in()
    measurement_id = UUID((await measured(owner))["id"])
    with pytest.raises(NotFound):
        await share_measurement(
            resources, stranger.session, measurement_id=measurement_id, coach_id=uuid4(), is_shared=is_shared
        )
    assert await shares(superusers) == []
    assert await access_lines(superusers, stranger) == [("update", "measurement", measurement_id, "refused")]
