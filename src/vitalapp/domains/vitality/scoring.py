"""Scores of answers: a pure function of a definition and the answers, 0 (low) to 100 (high)."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import msgspec

from vitalapp.domains.vitality.definitions import Answers, Definition, DefinitionError, Dimension, Item


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The score of one dimension.

    Shape: `value` is null where fewer than `required` items were answered: a missing answer is never a zero.
    Units: `value` runs from 0 to 100.
    """

    dimension: str
    value: int | None
    status: Literal["scored", "not_scorable"]
    answered: int
    required: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of one set of answers, in the definition's order of dimensions.

    Shape: `overall` is the mean of the scored dimensions, None where fewer than the definition's `required_dimensions` are.
    """

    scores: tuple[Score, ...]
    overall: int | None


def score(definition: Definition, answers: Answers) -> Result:
    """Score answers that are all on their scale (`is_on_scale`).

    An answer counts as its distance from the low end of its scale (from the high end for a reverse item), as a part of the scale's
    length; a dimension is the mean of its answered items, the overall score the mean of the scored dimensions. Each is rounded
    once, halves up, so that no rounding is carried on.
    Rule: pitfall 19.
    """
    means = [_mean_of(definition, dimension, answers) for dimension in definition.dimensions]
    scored = [mean for _, mean in means if mean is not None]
    return Result(
        scores=tuple(
            Score(
                dimension=dimension.key,
                value=None if mean is None else _percent(mean),
                status="not_scorable" if mean is None else "scored",
                answered=answered,
                required=dimension.required,
            )
            for dimension, (answered, mean) in zip(definition.dimensions, means, strict=True)
        ),
        overall=_percent(_mean(scored)) if len(scored) >= definition.required_dimensions else None,
    )


def check_vectors(definition: Definition) -> None:
    """Refuse a definition that does not give the scores of its own test vectors.

    Raises: DefinitionError.
    """
    items = {item.key: item for item in definition.items}
    for vector in definition.vectors:
        fault = None
        if any(not is_on_scale(definition, items.get(key), value) for key, value in vector.answers.items()):
            fault = "has an answer to no item, or off the scale"
        else:
            result = score(definition, vector.answers)
            found = {scored.dimension: scored.value for scored in result.scores}
            if found != vector.scores or result.overall != vector.overall:
                fault = f"gives {found} and overall {result.overall}"
        if fault:
            raise DefinitionError(f"Instrument {definition.key} {definition.version}: the vector {vector.name!r} {fault}.")


def is_on_scale(definition: Definition, item: Item | None, value: int) -> bool:
    """Whether `value` answers `item`; nothing answers an item that does not exist."""
    if item is None:
        return False
    scale = definition.scale_of(item)
    return scale.min <= value <= scale.max


def _mean_of(definition: Definition, dimension: Dimension, answers: Answers) -> tuple[int, Fraction | None]:
    parts = [_part(definition, item, answers[item.key]) for item in definition.items_of(dimension) if item.key in answers]
    return len(parts), _mean(parts) if len(parts) >= dimension.required else None


def _part(definition: Definition, item: Item, value: int) -> Fraction:
    scale = definition.scale_of(item)
    distance = scale.max - value if item.is_reverse else value - scale.min
    return Fraction(distance, scale.max - scale.min)


def _mean(parts: Sequence[Fraction]) -> Fraction:
    return sum(parts, Fraction()) / len(parts)


def _percent(part: Fraction) -> int:
    return int(part * 100 + Fraction(1, 2))
