"""Why a billing command refuses; the message is one sentence for the operator."""


class BillingRefused(Exception):
    """The command cannot do this, and has done nothing."""
