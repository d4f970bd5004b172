"""Explicit consent, demonstrable: what was asked in which words, who answered what and when.

Tables: identity.consent_events, which the application can only add to. Legal basis: GDPR 6(1)(c) with 7(1), the duty to
demonstrate consent; it outlives an erasure by five years under a number that leads back to nobody.
"""
