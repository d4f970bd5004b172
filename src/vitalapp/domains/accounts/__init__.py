"""Accounts: registration by an employer's link, sign-in, sessions, second factors, passwords and the profile.

Tables (identity): `accounts`, `sessions`, `access_tokens`, `registrations`, `password_resets`, `email_changes`, `recovery_codes`,
`contracts`, `registration_links`.
Legal basis: GDPR 6(1)(b), the agreement that a person enters into by the terms; nothing here is health data.

One topic is one row of modules: `registration_*`, `session_*`, `password_*`, `second_factor_*`, `profile_*`, each with its routes,
service, queries and schemas. `service` is what other domains may call.
"""
