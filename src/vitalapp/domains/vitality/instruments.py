"""The instruments as the app sees them: offered to whoever may use the meter, in the reader's language."""

from functools import cache
from pathlib import Path

from vitalapp.core.fence import check_fence
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources
from vitalapp.core.sessions import Session
from vitalapp.core.texts import Locale
from vitalapp.domains.vitality.definitions import Definition, Item
from vitalapp.domains.vitality.instrument_registry import Instruments, load_instruments
from vitalapp.domains.vitality.schemas import Instrument, InstrumentDimension, InstrumentItem, InstrumentSummary, ItemScale

DEFAULT_KEY = "vitality"


@cache
def instruments_in(licensee_dir: Path | None) -> Instruments:
    """The instruments of this process, loaded once."""
    return load_instruments(licensee_dir)


def offered(resources: Resources) -> Instruments:
    """The instruments of this installation."""
    return instruments_in(resources.settings.instruments_dir)


async def list_instruments(
    resources: Resources, session: Session, *, locale: Locale, after: str, limit: int
) -> list[InstrumentSummary]:
    """Up to `limit` instruments whose keys come after `after`, in their newest versions.

    Raises: StaleFence.
    """
    await check_fence(resources.vault, person_id=session.person_id, epoch=session.epoch)
    definitions = [definition for definition in offered(resources).current if definition.key > after]
    return [
        InstrumentSummary(
            key=definition.key, version=definition.version, title=definition.title[locale], licence=definition.licence
        )
        for definition in definitions[:limit]
    ]


async def get_instrument(resources: Resources, session: Session, *, key: str, locale: Locale) -> Instrument:
    """The newest version of an instrument.

    Raises: NotFound (404), StaleFence.
    """
    await check_fence(resources.vault, person_id=session.person_id, epoch=session.epoch)
    definition = offered(resources).find_current(key)
    if definition is None:
        raise NotFound
    return Instrument(
        key=definition.key,
        version=definition.version,
        title=definition.title[locale],
        introduction=definition.introduction[locale],
        licence=definition.licence,
        dimensions=[
            InstrumentDimension(key=dimension.key, title=dimension.title[locale]) for dimension in definition.dimensions
        ],
        items=[_item(definition, item, locale) for item in definition.items],
    )


def _item(definition: Definition, item: Item, locale: Locale) -> InstrumentItem:
    scale = definition.scale_of(item)
    return InstrumentItem(
        key=item.key,
        text=item.text[locale],
        dimension=item.dimension,
        scale=ItemScale(min=scale.min, max=scale.max, labels=scale.labels[locale]),
    )
