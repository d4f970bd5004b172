"""`vitalapp instruments`: questionnaires in and out as HL7 FHIR R4."""

import json
from pathlib import Path

import msgspec
import rich_click as click

from vitalapp.domains.vitality.definitions import DefinitionError, Vector
from vitalapp.domains.vitality.fhir import from_questionnaire, to_questionnaire
from vitalapp.domains.vitality.instrument_registry import check_definition, definition_path, load_instruments

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
_instruments_dir = click.option(
    "--instruments-dir", type=_DIRECTORY, envvar="VITALAPP_INSTRUMENTS_DIR", help="The directory of your own instruments."
)


@click.group()
def instruments() -> None:
    """Exchange instruments (questionnaires) as HL7 FHIR R4 Questionnaires."""


@instruments.command("export")
@click.argument("key")
@click.option("--version", help="An older version; the newest without it.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output without it.")
@_instruments_dir
def export_instrument(key: str, version: str | None, output: Path | None, instruments_dir: Path | None) -> None:
    """Write the instrument KEY as a FHIR R4 Questionnaire."""
    try:
        known = load_instruments(instruments_dir)
    except DefinitionError as error:
        raise click.ClickException(str(error)) from None
    definition = known.find_current(key) if version is None else known.find(key, version)
    if definition is None:
        keys = ", ".join(instrument.key for instrument in known.current)
        raise click.ClickException(f"There is no such instrument; these are there: {keys}.")
    text = json.dumps(to_questionnaire(definition), ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")


@instruments.command("import")
@click.argument("questionnaire", type=_FILE)
@click.option("--vectors", type=_FILE, help="Test vectors (JSON) for a questionnaire that carries none of ours.")
@_instruments_dir
def import_instrument(questionnaire: Path, vectors: Path | None, instruments_dir: Path | None) -> None:
    """Check the FHIR R4 QUESTIONNAIRE and add it to the directory of your own instruments."""
    if instruments_dir is None:
        raise click.UsageError("Say with --instruments-dir (or VITALAPP_INSTRUMENTS_DIR) where your instruments are.")
    try:
        given = [] if vectors is None else msgspec.json.decode(vectors.read_bytes(), type=list[Vector])
        definition = from_questionnaire(json.loads(questionnaire.read_bytes()), vectors=given)
        check_definition(definition)
        if load_instruments(instruments_dir).find(definition.key, definition.version) not in (None, definition):
            raise DefinitionError(
                f"Another {definition.key} {definition.version} is there already; give the changed one a higher version."
            )
    except (DefinitionError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    path = definition_path(instruments_dir, definition)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(definition), indent=2) + b"\n")
    click.echo(f"{path} is there now; it is offered once every process has been started anew.")


COMMANDS = [instruments]
