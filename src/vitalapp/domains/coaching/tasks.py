"""What the worker does for coaching."""

from vitalapp.core.mail_sender import MailCheck
from vitalapp.core.tasks import Carrier, Schedule, Task
from vitalapp.domains.coaching import carriers
from vitalapp.domains.coaching.notices import PERSON_MAIL, STAFF_MAIL, UNBILLED_LINE
from vitalapp.domains.coaching.treatment import TREATMENT_FILE, carry_treatment_file
from vitalapp.domains.coaching.waiting import announce_freed_slot

TASKS = [Task(store="vault", name="announce_freed_slot", run=announce_freed_slot)]
CARRIERS = [
    Carrier(store="vault", kind=PERSON_MAIL, carry=carriers.carry_person_mail),
    Carrier(store="vault", kind=STAFF_MAIL, carry=carriers.carry_staff_mail),
    Carrier(store="vault", kind=UNBILLED_LINE, carry=carriers.carry_unbilled_line),
    Carrier(store="vault", kind=TREATMENT_FILE, carry=carry_treatment_file),
]
SCHEDULES = [Schedule(store="vault", name="remind_of_appointments", cron="*/5 * * * *", run=carriers.remind_of_appointments)]
MAIL_CHECKS = [MailCheck(template="appointment_reminder", is_current=carriers.is_reminder_current)]
