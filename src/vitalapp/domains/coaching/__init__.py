"""Coaching: the agenda of coaches and psychologists, appointments, trajectories, and what a coach sees of a client.

Tables (vault): `coaches`, `availability_exceptions`, `coach_occupancy` and `coach_seats` lead with the coach; `appointments`,
`trajectories`, `waiting_list`, `diary_entry_shares`, `measurement_shares`, `coaching_notes`, `note_statements` and
`emergency_accesses` lead with the person.
Legal basis: GDPR 6(1)(a) and 9(2)(a), explicit consent; the file under a treatment agreement GDPR 9(2)(h) and BW 7:454.
"""
