"""Webhooks: an employer's systems are told of confirmations and invoices, by Standard Webhooks 1.0.

Tables: `webhook_endpoints`, `webhook_deliveries`, in the ledger.
Legal basis: GDPR 6(1)(b).
"""
