"""Employers: their contracts, confirmations, invoices and webhooks, and nothing about any person.

Tables: `employers`, `contracts`, `api_keys`, `unbilled_lines`, `carried_lines`, `confirmed_intakes`, `confirmations`, `invoices`,
`invoice_numbers`, `webhook_endpoints`, `webhook_deliveries`, all in the ledger.
Legal basis: GDPR 6(1)(b) and 6(1)(c); AWR 52(4), administration kept for seven years.
"""
