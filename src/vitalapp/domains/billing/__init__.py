"""Billing: what was delivered, confirmed and invoiced, and nothing that an employer could infer more from.

Tables: `unbilled_lines`, `carried_lines`, `confirmed_intakes`, `confirmations`, `invoices`, `invoice_numbers`, `invoice_mails`,
in the ledger.
Legal basis: GDPR 6(1)(b) and 6(1)(c); AWR 52(4), administration kept for seven years.
"""
