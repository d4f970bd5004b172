"""Signatures that outsiders can check: receipts, certificates, access-log seals (Ed25519, JWS)."""

import json
import os
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import OKPKey

_REGISTRY = jws.JWSRegistry(algorithms=["Ed25519"])


class Signer:
    """Signs JSON documents as compact JWS; the public key is in `/.well-known/jwks.json`."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key
        self._kid = key.thumbprint()

    @classmethod
    def from_file(cls, path: Path) -> "Signer":
        """Read a private JWK."""
        return cls(OKPKey.import_key(json.loads(path.read_text())))

    def sign(self, document: dict[str, Any], *, kind: str) -> str:
        """A compact JWS over `document`.

        Shape: header `{alg: Ed25519, kid, typ: kind}`.
        """
        header = {"alg": "Ed25519", "kid": self._kid, "typ": kind}
        payload = json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
        return jws.serialize_compact(header, payload, self._key, registry=_REGISTRY)

    def verify(self, token: str) -> dict[str, Any]:
        """The document of a JWS that this key signed.

        Raises: joserfc.errors.BadSignatureError.
        """
        return json.loads(jws.deserialize_compact(token, self._key, registry=_REGISTRY).payload)

    def jwks(self) -> dict[str, Any]:
        """The public keys as a JWK set."""
        public = {**self._key.as_dict(private=False), "kid": self._kid, "alg": "Ed25519", "use": "sig"}
        return {"keys": [public]}


def write_signing_key(path: Path) -> None:
    """Make a new private key, readable by its owner only."""
    key = OKPKey.generate_key("Ed25519", private=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(key.as_dict(private=True), file)
