"""Why a billing command refuses; the message is one sentence for the operator."""

from vitalapp.core.failures import Failure


class BillingRefused(Failure):
    """The command cannot do this, and has done nothing."""
