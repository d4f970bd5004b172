"""What other programs look for at fixed places: whom to tell of a security problem, how to check our signatures, our metrics."""

from datetime import timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from vitalapp.core.metrics import MEDIA_TYPE, render_metrics
from vitalapp.core.networks import is_in
from vitalapp.core.problems import NotFound
from vitalapp.core.resources import Resources

_PUBLIC = {"is_public": True}
_CACHED = {"Cache-Control": "public, max-age=3600"}
_SECURITY_TXT_DAYS = 180
_LOOPBACK = ("127.0.0.0/8", "::1/128")


@get(
    "/.well-known/security.txt",
    operation_id="get_security_txt",
    tags=["Well-known"],
    opt=_PUBLIC,
    media_type="text/plain",
    sync_to_thread=False,
)
def get_security_txt(resources: NamedDependency[Resources]) -> Response[str]:
    """Where to report a security problem.

    Rule: RFC 9116; S1-16, S2-22.
    """
    expires = resources.clock().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=_SECURITY_TXT_DAYS)
    lines = [
        f"Contact: {resources.settings.security_contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: nl, en",
        f"Canonical: {resources.settings.public_url.rstrip('/')}/.well-known/security.txt",
    ]
    return Response("\r\n".join([*lines, ""]), headers=_CACHED)


@get(
    "/.well-known/jwks.json",
    operation_id="get_jwks",
    tags=["Well-known"],
    opt=_PUBLIC,
    media_type="application/jwk-set+json",
    sync_to_thread=False,
)
def get_jwks(resources: NamedDependency[Resources]) -> Response[dict[str, Any]]:
    """The public keys (RFC 7517) that consent receipts, certificates and seals are signed with."""
    signer = resources.document_signer
    return Response({"keys": []} if signer is None else signer.jwks(), headers=_CACHED)


@get("/metrics", include_in_schema=False, opt=_PUBLIC, media_type=MEDIA_TYPE, sync_to_thread=False)
def get_metrics(resources: NamedDependency[Resources], client_address: NamedDependency[str]) -> bytes:
    """The metrics of this process, for who asks from one of `metrics_networks`; nobody else learns that they exist."""
    settings = resources.settings
    if not is_in(client_address, settings.metrics_networks or (_LOOPBACK if settings.is_local_run else ())):
        raise NotFound
    return render_metrics()
