"""Scores: whole numbers from 0 to 100, the same in every order, never from a missing answer.

Rule: S0-13, pitfall 19.
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitalapp.domains.vitality.definitions import Answers, Definition, DefinitionError, Dimension, Item, Scale, Vector
from vitalapp.domains.vitality.instrument_registry import check_definition, load_instruments
from vitalapp.domains.vitality.scoring import score

OURS = load_instruments(None).current
TEXTS: Any = {"nl": "tekst", "en": "text"}


def labels(low: int, high: int) -> Any:
    return {locale: tuple(str(value) for value in range(low, high + 1)) for locale in ("nl", "en")}


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Any instrument: dimensions of one to five items, scales of two to eleven values that may lie below zero."""
    scales: dict[str, Scale] = {}
    for number in range(draw(st.integers(1, 3))):
        low = draw(st.integers(-5, 5))
        high = low + draw(st.integers(1, 10))
        scales[f"scale_{number}"] = Scale(min=low, max=high, labels=labels(low, high))
    dimensions: list[Dimension] = []
    items: list[Item] = []
    for number in range(draw(st.integers(1, 5))):
        size = draw(st.integers(1, 5))
        dimension = Dimension(key=f"dimension_{number}", title=TEXTS, required=draw(st.integers(1, size)))
        dimensions.append(dimension)
        items += [
            Item(
                key=f"item_{number}_{place}",
                text=TEXTS,
                dimension=dimension.key,
                scale=draw(st.sampled_from(sorted(scales))),
                is_reverse=draw(st.booleans()),
            )
            for place in range(size)
        ]
    return Definition(
        key="any",
        version="1",
        licence="any",
        title=TEXTS,
        introduction=TEXTS,
        required_dimensions=draw(st.integers(1, len(dimensions))),
        dimensions=tuple(dimensions),
        scales=scales,
        items=tuple(items),
        vectors=(),
    )


@st.composite
def answered(draw: st.DrawFn) -> tuple[Definition, Answers]:
    """An instrument with any part of its items answered."""
    definition = draw(definitions() | st.sampled_from(OURS))
    every = [item.key for item in definition.items]
    keys = draw(st.sets(st.sampled_from(every)) | st.just(set(every)))
    scales = {item.key: definition.scale_of(item) for item in definition.items if item.key in keys}
    return definition, {key: draw(st.integers(scale.min, scale.max)) for key, scale in scales.items()}


def mirrored(definition: Definition, answers: Answers) -> Answers:
    scales = {item.key: definition.scale_of(item) for item in definition.items}
    return {key: scales[key].min + scales[key].max - value for key, value in answers.items()}


def counted(definition: Definition, dimension: str, answers: Answers) -> int:
    return sum(item.dimension == dimension and item.key in answers for item in definition.items)


@given(answered())
def test_every_score_lies_within_0_and_100(case: tuple[Definition, Answers]) -> None:
    result = score(*case)
    values = [scored.value for scored in result.scores if scored.value is not None]
    assert all(0 <= value <= 100 for value in values)
    assert result.overall is None or min(values) <= result.overall <= max(values)


@given(answered(), st.data())
def test_the_order_of_items_and_answers_does_not_matter(case: tuple[Definition, Answers], data: st.DataObject) -> None:
    definition, answers = case
    items = tuple(data.draw(st.permutations(definition.items)))
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert score(msgspec.structs.replace(definition, items=items), shuffled) == score(definition, answers)


@given(answered())
def test_a_reverse_item_counts_as_its_mirror_image(case: tuple[Definition, Answers]) -> None:
    definition, answers = case
    items = tuple(msgspec.structs.replace(item, is_reverse=not item.is_reverse) for item in definition.items)
    turned = msgspec.structs.replace(definition, items=items)
    assert score(turned, mirrored(definition, answers)) == score(definition, answers)


@given(answered())
def test_a_higher_answer_never_lowers_a_score_and_on_a_reverse_item_never_raises_it(
    case: tuple[Definition, Answers],
) -> None:
    definition, answers = case
    before = {scored.dimension: scored.value for scored in score(definition, answers).scores}
    for item in definition.items:
        if answers.get(item.key, definition.scale_of(item).max) == definition.scale_of(item).max:
            continue
        raised = {**answers, item.key: answers[item.key] + 1}
        after = {scored.dimension: scored.value for scored in score(definition, raised).scores}
        old, new = before[item.dimension], after[item.dimension]
        assert old is None or new is None or (new <= old if item.is_reverse else new >= old)


@given(answered())
def test_a_dimension_is_scored_exactly_from_its_required_number_of_answers_on(
    case: tuple[Definition, Answers],
) -> None:
    definition, answers = case
    for dimension, scored in zip(definition.dimensions, score(definition, answers).scores, strict=True):
        number = counted(definition, dimension.key, answers)
        assert (scored.answered, scored.required) == (number, dimension.required)
        assert (scored.status == "scored") == (scored.value is not None) == (number >= dimension.required)


@given(answered())
def test_there_is_an_overall_score_exactly_where_enough_dimensions_are_scored(
    case: tuple[Definition, Answers],
) -> None:
    definition, answers = case
    result = score(definition, answers)
    scored = sum(dimension.status == "scored" for dimension in result.scores)
    assert (result.overall is not None) == (scored >= definition.required_dimensions)


@given(answered())
def test_a_missing_answer_counts_as_no_answer_rather_than_a_zero(case: tuple[Definition, Answers]) -> None:
    definition, answers = case
    for item in definition.items:
        if item.key in answers or counted(definition, item.dimension, answers) == 0:
            continue
        without = msgspec.structs.replace(
            definition, items=tuple(other for other in definition.items if other.key != item.key)
        )
        assert score(without, answers) == score(definition, answers)


@given(answered())
def test_the_same_answers_scored_again_give_the_same_result(case: tuple[Definition, Answers]) -> None:
    assert score(*case) == score(*case)


@pytest.mark.parametrize(
    ("definition", "vector"),
    [(definition, vector) for definition in OURS for vector in definition.vectors],
    ids=lambda value: value.name if isinstance(value, Vector) else value.key,
)
def test_each_vector_of_a_definition_gives_its_scores(definition: Definition, vector: Vector) -> None:
    result = score(definition, vector.answers)
    assert {scored.dimension: scored.value for scored in result.scores} == vector.scores
    assert result.overall == vector.overall


def test_a_definition_whose_vector_fails_is_refused() -> None:
    wrong = msgspec.structs.replace(OURS[0].vectors[0], overall=99)
    with pytest.raises(DefinitionError, match=r"the vector .* gives .* overall 100"):
        check_definition(msgspec.structs.replace(OURS[0], vectors=(wrong,)))


def test_a_definition_whose_vector_is_off_the_scale_is_refused() -> None:
    wrong = msgspec.structs.replace(OURS[0].vectors[0], answers={"energy_start": 6})
    with pytest.raises(DefinitionError, match="off the scale"):
        check_definition(msgspec.structs.replace(OURS[0], vectors=(wrong,)))
