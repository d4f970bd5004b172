"""A passkey is a second factor: bound to this service, used with its holder present, each challenge once."""

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.staff import Worker, Workers

USER_VERIFIED = 0x05
CREDENTIAL_INCLUDED = 0x40


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Authenticator:
    """A security key in software."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.credential_id = os.urandom(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.count = 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer to `navigator.credentials.create`."""
        numbers = self.key.public_key().public_numbers()
        public_key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(public_key)
        data = self._data(options["rp"]["id"], USER_VERIFIED | CREDENTIAL_INCLUDED) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", options["challenge"])
        return self._credential({"attestationObject": encoded(attestation), "clientDataJSON": encoded(client_data)})

    def get(self, options: dict[str, Any], *, flags: int = USER_VERIFIED) -> dict[str, Any]:
        """Answer to `navigator.credentials.get`."""
        data = self._data(options["rpId"], flags)
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            {"authenticatorData": encoded(data), "clientDataJSON": encoded(client_data), "signature": encoded(signature)}
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        self.count += 1
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        credential_id = encoded(self.credential_id)
        return {"id": credential_id, "rawId": credential_id, "type": "public-key", "response": response}


async def register(worker: Worker, authenticator: Authenticator) -> dict[str, Any]:
    challenge = (await worker.post("/admin/v1/me/passkeys/challenges")).json()
    body = {"challenge_id": challenge["challenge_id"], "credential": authenticator.create(challenge["options"])}
    answer = await worker.post("/admin/v1/me/passkeys", json=body)
    return {"status": answer.status_code, "again": (await worker.post("/admin/v1/me/passkeys", json=body)).status_code}


async def sign_in(worker: Worker, authenticator: Authenticator, *, flags: int = USER_VERIFIED) -> list[int]:
    """The statuses of a sign-in with a passkey, and of the same once more."""
    challenge = (await worker.client.post("/admin/v1/sessions/passkey-challenges")).json()
    credential = authenticator.get(challenge["options"], flags=flags)
    body = {
        "email": worker.secrets.email,
        "password": worker.secrets.password,
        "passkey": {"challenge_id": challenge["challenge_id"], "credential": credential},
    }
    return [(await worker.client.post("/admin/v1/sessions", json=body)).status_code for _ in range(2)]


async def test_a_registered_passkey_stands_in_for_the_code_and_each_challenge_works_once(workers: Workers) -> None:
    worker = await workers.signed_in()
    authenticator = Authenticator(worker.resources.settings.public_url)
    assert await register(worker, authenticator) == {"status": 201, "again": 422}
    assert await sign_in(worker, authenticator) == [201, 401]
    passkeys = (await worker.get("/admin/v1/me")).json()["passkeys"]
    assert [passkey["last_used_at"] is not None for passkey in passkeys] == [True]
    assert (await worker.delete(f"/admin/v1/me/passkeys/{passkeys[0]['id']}")).status_code == 204
    assert await sign_in(worker, authenticator) == [401, 401]


async def test_another_site_another_person_or_nobody_present_is_refused(workers: Workers) -> None:
    worker, other = await workers.signed_in(), await workers.signed_in()
    authenticator = Authenticator(worker.resources.settings.public_url)
    assert (await register(worker, Authenticator("https://phishing.example")))["status"] == 422
    assert (await register(worker, authenticator))["status"] == 201
    assert await sign_in(other, authenticator) == [401, 401]
    assert await sign_in(worker, authenticator, flags=0x01) == [401, 401]
    authenticator.origin = "https://phishing.example"
    assert await sign_in(worker, authenticator) == [401, 401]


async def test_a_malformed_answer_is_refused(workers: Workers) -> None:
    worker = await workers.signed_in()
    malformed: list[dict[str, Any]] = [
        {},
        {"rawId": 3},
        {"rawId": "%%%"},
        {"rawId": "AA", "response": {}, "type": "public-key"},
    ]
    for credential in malformed:
        challenge = (await worker.post("/admin/v1/me/passkeys/challenges")).json()["challenge_id"]
        answer = await worker.post("/admin/v1/me/passkeys", json={"challenge_id": challenge, "credential": credential})
        assert answer.status_code == 422
        challenge = (await worker.client.post("/admin/v1/sessions/passkey-challenges")).json()["challenge_id"]
        passkey = {"challenge_id": challenge, "credential": credential}
        body = {"email": worker.secrets.email, "password": worker.secrets.password, "passkey": passkey}
        assert (await worker.client.post("/admin/v1/sessions", json=body)).status_code == 401
