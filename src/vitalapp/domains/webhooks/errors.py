"""The ways in which webhook endpoints are refused."""

from vitalapp.core.problems import Conflict, Problem
from vitalapp.core.texts import mark


class DestinationRefused(Problem):
    """The address is not one on the public internet, or not https.

    Rule: OWASP API7:2023, server-side request forgery.
    """

    status = 422
    code = "webhook-destination-refused"
    title = mark("We do not deliver to this address")
    default_detail = mark("A webhook address is an https:// address on the public internet that resolves now.")


class TooManyEndpoints(Conflict):
    """An employer has a bounded number of endpoints."""

    code = "too-many-webhook-endpoints"
    title = mark("There are enough endpoints")
    default_detail = mark("Delete an endpoint before you add another one.")
