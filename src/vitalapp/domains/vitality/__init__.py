"""The vitality meter: questionnaires as versioned definition files, measurements, and the trend of their scores.

Tables: vault `measurements`, `measurement_shares`. Legal basis: explicit consent, GDPR 9(2)(a) (S2-04, S2-05).
A score describes; no advice, profile or decision follows from one (S1-09, S2-18, C11).
"""
