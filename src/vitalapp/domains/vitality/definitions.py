"""What an instrument is: dimensions, scales, items, and test vectors that say what its scores must be."""

from typing import Annotated

import msgspec

from vitalapp.core.texts import LOCALES, Locale

OVERALL = "overall"

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Version = Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){0,2}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Texts = dict[Locale, Text]
Answers = dict[str, int]


class Scale(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The values that an answer may have.

    Shape: `labels` has one label for each value, from `min` to `max`.
    """

    min: int
    max: int
    labels: dict[Locale, tuple[Text, ...]]


class Dimension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that an instrument measures; it is scored from `required` answers on."""

    key: Key
    title: Texts
    required: Annotated[int, msgspec.Meta(ge=1)]


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One statement; of a reverse item a high answer stands for a low score."""

    key: Key
    text: Texts
    dimension: Key
    scale: Key
    is_reverse: bool = False


class Vector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the scores of certain answers must be, worked out by hand; None for what is not scorable."""

    name: Text
    answers: Answers
    scores: dict[str, int | None]
    overall: int | None


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of one instrument; a version that was ever answered is never edited.

    Shape: `required_dimensions` says how many dimensions must be scored before there is an overall score.
    """

    key: Key
    version: Version
    licence: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    title: Texts
    introduction: Texts
    required_dimensions: Annotated[int, msgspec.Meta(ge=1)]
    dimensions: tuple[Dimension, ...]
    scales: dict[Key, Scale]
    items: tuple[Item, ...]
    vectors: tuple[Vector, ...]

    def scale_of(self, item: Item) -> Scale:
        """The scale on which an item is answered."""
        return self.scales[item.scale]

    def items_of(self, dimension: Dimension) -> tuple[Item, ...]:
        """The items of a dimension, in their order."""
        return tuple(item for item in self.items if item.dimension == dimension.key)


class DefinitionError(Exception):
    """A definition cannot be used; the message is one sentence that says which and why."""


def check_structure(definition: Definition) -> None:
    """Refuse a definition whose parts do not fit together.

    Raises: DefinitionError.
    """
    for fault in _faults(definition):
        raise DefinitionError(f"Instrument {definition.key} {definition.version}: {fault}.")


def _faults(definition: Definition) -> list[str]:
    dimensions = [dimension.key for dimension in definition.dimensions]
    items = [item.key for item in definition.items]
    faults = [f"the key {key} is used twice" for keys in (dimensions, items) for key in _repeated(keys)]
    if OVERALL in dimensions:
        faults.append(f"a dimension may not be called {OVERALL}")
    if not definition.licence.strip():
        faults.append("it has no licence")
    if not definition.vectors:
        faults.append("it has no test vectors")
    if not definition.required_dimensions <= len(dimensions):
        faults.append("required_dimensions is more than its dimensions")
    faults += [f"the scale {key} {fault}" for key, scale in definition.scales.items() for fault in _scale_faults(scale)]
    for item in definition.items:
        if item.dimension not in dimensions:
            faults.append(f"the dimension of item {item.key} does not exist")
        if item.scale not in definition.scales:
            faults.append(f"the scale of item {item.key} does not exist")
    for dimension in definition.dimensions:
        if dimension.required > len(definition.items_of(dimension)):
            faults.append(f"the dimension {dimension.key} requires more answers than it has items")
    texts = [definition.title, definition.introduction]
    texts += [dimension.title for dimension in definition.dimensions] + [item.text for item in definition.items]
    if any(set(text) != set(LOCALES) for text in texts):
        faults.append(f"every text must be there in {' and '.join(LOCALES)}, and in no other language")
    return faults


def _repeated(keys: list[str]) -> list[str]:
    return sorted({key for key in keys if keys.count(key) > 1})


def _scale_faults(scale: Scale) -> list[str]:
    faults: list[str] = []
    if scale.max <= scale.min:
        faults.append("ends before it begins")
    if set(scale.labels) != set(LOCALES):
        faults.append(f"must have labels in {' and '.join(LOCALES)}")
    if any(len(labels) != scale.max - scale.min + 1 for labels in scale.labels.values()):
        faults.append("must have one label for each of its values")
    return faults
