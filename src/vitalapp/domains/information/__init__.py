"""What everybody may read without signing in, and the form by which everybody may write to us.

The app's status, terms, privacy notice, crisis and help lines, contact form.
Tables: identity `contact_messages`, 90 days (C14, S4-11). Legal basis: none for reading; GDPR 6(1)(f) for a message.
"""
