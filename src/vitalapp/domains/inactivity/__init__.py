"""Who leaves without a word is forgotten a year later, after fair warning; the end of a contract starts the same clock.

Tables: identity.inactivity_notices. Legal basis: GDPR 5(1)(e).
"""
