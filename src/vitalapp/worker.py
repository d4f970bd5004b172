"""The worker: carries outboxes over, sends mail, keeps the schedules of every domain.

A domain's `tasks.py` exports `TASKS: dict[Store, dict[str, Task]]` (jobs by the store whose queue holds them),
`CARRIERS: dict[Store, dict[str, Carry]]` (outbox kinds by the store whose outbox holds them) and
`SCHEDULES: list[Schedule]`, all of them idempotent: delivery is at least once, and a cron slot can run twice.
"""
