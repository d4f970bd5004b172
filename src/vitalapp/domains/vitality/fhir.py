"""Instruments as HL7 FHIR R4 Questionnaires, and back: what goes out comes in equal.

What FHIR has no element for (reverse items, required answers, test vectors) travels in extensions of our own.
Source: https://hl7.org/fhir/R4/questionnaire.html
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from vitalapp.core.texts import DEFAULT_LOCALE, LOCALES
from vitalapp.domains.vitality.definitions import Definition, DefinitionError, Item, Scale, Texts, Vector

Json = dict[str, Any]

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
ORDINAL_VALUE = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
CANONICAL = "urn:vitalapp:instrument:"
SCALE = "urn:vitalapp:scale:"
IS_REVERSE = "urn:vitalapp:fhir:is-reverse"
REQUIRED_ANSWERS = "urn:vitalapp:fhir:required-answers"
REQUIRED_DIMENSIONS = "urn:vitalapp:fhir:required-dimensions"
VECTORS = "urn:vitalapp:fhir:test-vectors"

_NO_VECTORS = base64.b64encode(b"[]").decode()


def to_questionnaire(definition: Definition) -> Json:
    """The instrument as a FHIR R4 Questionnaire: one group for each dimension, one choice for each item.

    Shape: items keep their own order inside a dimension; `copyright` holds the licence.
    """
    return {
        "resourceType": "Questionnaire",
        "language": DEFAULT_LOCALE,
        "extension": [
            {"url": REQUIRED_DIMENSIONS, "valueInteger": definition.required_dimensions},
            {"url": VECTORS, "valueBase64Binary": base64.b64encode(msgspec.json.encode(definition.vectors)).decode()},
        ],
        "url": CANONICAL + definition.key,
        "version": definition.version,
        "status": "active",
        "subjectType": ["Patient"],
        **_texts("title", definition.title),
        **_texts("description", definition.introduction),
        "copyright": definition.licence,
        "item": [
            {
                "linkId": dimension.key,
                "type": "group",
                **_texts("text", dimension.title),
                "extension": [{"url": REQUIRED_ANSWERS, "valueInteger": dimension.required}],
                "item": [_choice(definition, item) for item in definition.items_of(dimension)],
            }
            for dimension in definition.dimensions
        ],
    }


def from_questionnaire(questionnaire: Mapping[str, Any], *, vectors: Sequence[Vector] = ()) -> Definition:
    """The instrument that a FHIR R4 Questionnaire describes, not checked yet.

    A questionnaire from elsewhere needs groups of choices; without our extensions no item is reverse, every answer of a group and every
    group is required, and the test vectors are the `vectors` given. A language that it lacks takes over its own.
    Raises: DefinitionError.
    """
    try:
        return _definition(questionnaire, vectors)
    except (KeyError, TypeError, ValueError, StopIteration, msgspec.MsgspecError) as error:
        raise DefinitionError(f"This is no Questionnaire that can be scored ({type(error).__name__}: {error}).") from None


def _texts(name: str, texts: Texts) -> Json:
    translations = [
        {"url": TRANSLATION, "extension": [{"url": "lang", "valueCode": locale}, {"url": "content", "valueString": text}]}
        for locale, text in texts.items()
        if locale != DEFAULT_LOCALE
    ]
    return {name: texts[DEFAULT_LOCALE], f"_{name}": {"extension": translations}}


def _choice(definition: Definition, item: Item) -> Json:
    scale = definition.scale_of(item)
    return {
        "linkId": item.key,
        "type": "choice",
        **_texts("text", item.text),
        "extension": [{"url": IS_REVERSE, "valueBoolean": item.is_reverse}],
        "required": False,
        "answerOption": [
            {
                "valueCoding": {
                    "extension": [{"url": ORDINAL_VALUE, "valueDecimal": scale.min + place}],
                    "system": SCALE + item.scale,
                    "code": str(scale.min + place),
                    **_texts("display", {locale: scale.labels[locale][place] for locale in LOCALES}),
                }
            }
            for place in range(scale.max - scale.min + 1)
        ],
    }


def _definition(questionnaire: Mapping[str, Any], vectors: Sequence[Vector]) -> Definition:
    if questionnaire["resourceType"] != "Questionnaire":
        raise DefinitionError(f"This is a {questionnaire['resourceType']}, not a Questionnaire.")
    language: str = questionnaire.get("language", DEFAULT_LOCALE)
    groups: list[Json] = questionnaire["item"]
    scales: dict[str, Json] = {}
    items = [_item(choice, group, scales, language) for group in groups for choice in group["item"]]
    own_vectors = base64.b64decode(_extension(questionnaire, VECTORS, "valueBase64Binary", _NO_VECTORS))
    document = {
        "key": str(questionnaire["url"]).removeprefix(CANONICAL).rstrip("/").rsplit("/", 1)[-1].lower(),
        "version": questionnaire["version"],
        "licence": questionnaire.get("copyright", ""),
        "title": _texts_of(questionnaire, "title", language),
        "introduction": _texts_of(questionnaire, "description", language),
        "required_dimensions": _extension(questionnaire, REQUIRED_DIMENSIONS, "valueInteger", len(groups)),
        "dimensions": [
            {
                "key": group["linkId"],
                "title": _texts_of(group, "text", language),
                "required": _extension(group, REQUIRED_ANSWERS, "valueInteger", len(group["item"])),
            }
            for group in groups
        ],
        "scales": scales,
        "items": items,
        "vectors": msgspec.to_builtins(vectors) or msgspec.json.decode(own_vectors),
    }
    return msgspec.convert(document, Definition)


def _item(choice: Json, group: Json, scales: dict[str, Json], language: str) -> Json:
    codings = [option["valueCoding"] for option in choice["answerOption"]]
    name = str(codings[0].get("system", "")).rpartition(":")[2] or choice["linkId"]
    scale = msgspec.to_builtins(_scale(codings, language))
    if scales.setdefault(name, scale) != scale:
        raise DefinitionError(f"The scale {name} has different values at {choice['linkId']}.")
    return {
        "key": choice["linkId"],
        "text": _texts_of(choice, "text", language),
        "dimension": group["linkId"],
        "scale": name,
        "is_reverse": _extension(choice, IS_REVERSE, "valueBoolean", otherwise=False),
    }


def _scale(codings: list[Json], language: str) -> Scale:
    by_value = {int(_extension(coding, ORDINAL_VALUE, "valueDecimal", coding["code"])): coding for coding in codings}
    labels = [_texts_of(by_value[value], "display", language) for value in sorted(by_value)]
    return Scale(
        min=min(by_value),
        max=max(by_value),
        labels={locale: tuple(label[locale] for label in labels) for locale in LOCALES},
    )


def _texts_of(element: Mapping[str, Any], name: str, language: str) -> Texts:
    own: str = element[name]
    texts: dict[str, str] = {language: own}
    for extension in element.get(f"_{name}", {}).get("extension", []):
        if extension["url"] == TRANSLATION:
            parts = {part["url"]: part for part in extension["extension"]}
            content = parts["content"]
            texts[parts["lang"]["valueCode"]] = content.get("valueString") or content["valueMarkdown"]
    return {locale: texts.get(locale, own) for locale in LOCALES}


def _extension(element: Mapping[str, Any], url: str, value: str, otherwise: Any) -> Any:
    return next((found[value] for found in element.get("extension", []) if found["url"] == url), otherwise)
