"""The diary that a person keeps, offline first: entries by ids that the app makes, each sealed under the person's key.

Tables: vault.diary_entries, vault.diary_entry_shares, vault.diary_prunings.
Legal basis: explicit consent, GDPR 9(2)(a). Rule: S2-04, C6 (private by default, shared entry by entry).
"""
