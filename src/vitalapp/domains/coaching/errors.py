"""The ways in which coaching can refuse."""

from vitalapp.core.problems import Conflict, Forbidden, Problem
from vitalapp.core.texts import mark


class SlotTaken(Conflict):
    """Somebody else has the slot."""

    code = "slot-taken"
    title = mark("This time has just been taken")
    default_detail = mark("Somebody else has this time now. Fetch the free times again and choose another one.")


class AppointmentOverlap(Conflict):
    """The person has another appointment at that time."""

    code = "appointment-overlap"
    title = mark("You have another appointment then")
    default_detail = mark("This time overlaps an appointment of your own.")


class AppointmentNotOpen(Conflict):
    """The appointment was cancelled, or has begun."""

    code = "appointment-not-open"
    title = mark("This appointment can no longer be changed")
    default_detail = mark("The appointment was cancelled already, or has begun.")


class SlotNotOffered(Problem):
    """The coach does not offer that time for that kind of appointment."""

    status = 422
    code = "slot-not-offered"
    title = mark("This time is not offered")
    default_detail = mark("The coach does not offer this time. Fetch the free times and choose one of them.")


class TreatmentAgreementNotOffered(Problem):
    """A treatment agreement is made with a psychologist, when a trajectory opens."""

    status = 422
    code = "treatment-agreement-not-offered"
    title = mark("A treatment agreement is not possible here")
    default_detail = mark("A treatment agreement is made with a psychologist, when the trajectory opens.")


class AttendanceRecorded(Conflict):
    """Something else was recorded of this appointment."""

    code = "attendance-recorded"
    default_detail = mark("Something else has been recorded about this appointment already.")


class AppointmentNotStarted(Conflict):
    """Attendance is recorded from the start on."""

    code = "appointment-not-started"
    default_detail = mark("Attendance can be recorded from the start of the appointment on.")


class FileNotReady(Conflict):
    """The key of a file that was opened a moment ago is still on its way."""

    code = "file-not-ready"
    default_detail = mark("The file was opened a moment ago. Try again in a few seconds.")


class Restricted(Forbidden):
    """The person has restricted the use of their data to storage.

    Rule: GDPR 18, S1-19, S2-27.
    """

    code = "restricted"
    title = mark("This client has restricted the use of their data")
    default_detail = mark("The data is stored and nothing more, until the client lifts the restriction.")


class ClientConsentRequired(Forbidden):
    """The person has not accepted the consent statement that holds now.

    Rule: GDPR 9(2)(a), S2-05.
    """

    code = "consent-required"
    title = mark("This client's consent is needed first")
    default_detail = mark("The client has not accepted the present consent statement yet.")


class AlreadyReviewed(Conflict):
    """The emergency access has been reviewed."""

    code = "already-reviewed"
    default_detail = mark("This emergency access has been reviewed already.")
