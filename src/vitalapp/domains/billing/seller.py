"""The seller as invoices name it, from a file that the operator keeps."""

from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from vitalapp.core.settings import SettingsError
from vitalapp.domains.billing.schemas import Party


@cache
def load_seller(path: Path | None) -> Party:
    """The seller in `path`, or the fictitious one of the local run.

    Raises: SettingsError.
    """
    source = path or resources.files("vitalapp.domains.billing") / "seller.toml"
    try:
        return msgspec.toml.decode(source.read_bytes(), type=Party)
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsError(f"VITALAPP_SELLER_FILE is not usable: {error}.") from None
