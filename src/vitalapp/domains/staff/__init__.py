"""Staff: coaches, privacy officer, complaints officer and operators; how they sign in, and who they are to employees.

Tables (identity): `staff`, `staff_sessions`, `staff_access_tokens`, `staff_passkeys`, `passkey_challenges`.
Legal basis: GDPR 6(1)(b), the agreement with the member of staff; nothing here is of an employee.
"""
