"""The instruments of this installation: those in the repository and a licensee's own, each checked when it is loaded."""

from pathlib import Path

import msgspec

from vitalapp.domains.vitality.definitions import Definition, DefinitionError, check_structure
from vitalapp.domains.vitality.scoring import check_vectors

OWN_INSTRUMENTS = Path(__file__).parent / "definition_files"


class Instruments:
    """Every version of every instrument.

    Raises: DefinitionError where two definitions share key and version.
    """

    def __init__(self, definitions: list[Definition]) -> None:
        self._by_version = {(definition.key, definition.version): definition for definition in definitions}
        if len(self._by_version) < len(definitions):
            raise DefinitionError("Two definitions of an instrument have the same key and version.")
        newest_last = sorted(definitions, key=lambda definition: _order(definition.version))
        self._current = {definition.key: definition for definition in newest_last}

    @property
    def current(self) -> list[Definition]:
        """The newest version of each instrument, by key."""
        return [self._current[key] for key in sorted(self._current)]

    def find_current(self, key: str) -> Definition | None:
        """The newest version of one instrument."""
        return self._current.get(key)

    def find(self, key: str, version: str) -> Definition | None:
        """One version of one instrument, which may be an old one: apps answer what they have while offline."""
        return self._by_version.get((key, version))

    def has_key(self, key: str) -> bool:
        """Whether any version of the instrument is known."""
        return key in self._current

    def dimensions_of(self, key: str) -> frozenset[str]:
        """Every dimension that some version of the instrument has or had."""
        definitions = [definition for (known, _), definition in self._by_version.items() if known == key]
        return frozenset(dimension.key for definition in definitions for dimension in definition.dimensions)


def load_instruments(licensee_dir: Path | None) -> Instruments:
    """Our own instruments and those in a licensee's directory.

    Raises: DefinitionError for any that is incomplete, has no licence, or fails its own vectors: nothing is left out silently.
    """
    directories = [OWN_INSTRUMENTS] if licensee_dir is None else [OWN_INSTRUMENTS, licensee_dir]
    paths = [path for directory in directories for path in sorted(directory.glob("*.json"))]
    return Instruments([load_definition(path) for path in paths])


def load_definition(path: Path) -> Definition:
    """One definition file, checked.

    Raises: DefinitionError.
    """
    try:
        definition = msgspec.json.decode(path.read_bytes(), type=Definition)
    except OSError as error:
        raise DefinitionError(f"{path.name} cannot be read ({type(error).__name__}).") from None
    except msgspec.MsgspecError as error:
        raise DefinitionError(f"{path.name} is no instrument definition: {error}.") from None
    check_definition(definition)
    return definition


def check_definition(definition: Definition) -> None:
    """Refuse a definition that is incomplete or does not give its own test vectors' scores.

    Raises: DefinitionError.
    """
    check_structure(definition)
    check_vectors(definition)


def definition_path(directory: Path, definition: Definition) -> Path:
    """Where a definition lies in a directory of instruments."""
    return directory / f"{definition.key}-{definition.version}.json"


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
