"""Employers: who pays, under which contract, with which keys; nothing about any person.

Tables: `employers`, `contracts`, `api_keys`, in the ledger.
Legal basis: GDPR 6(1)(b); AWR 52(4).
"""
