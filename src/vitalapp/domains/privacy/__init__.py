"""A person's hold on their own data: what is held, who looked, restriction, and erasure, which is how consent is withdrawn.

Tables: identity.erasure_ledger, identity.erasures, vault.applied_erasures. Legal basis: GDPR 6(1)(c) with 15, 17 and 18.
"""
