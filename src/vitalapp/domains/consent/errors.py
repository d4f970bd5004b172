"""How consent can fail."""

from uuid import UUID

from vitalapp.core.problems import Problem
from vitalapp.core.texts import mark


class StatementChanged(Problem):
    """What the person read is not the statement that holds now, word for word."""

    status = 409
    code = "statement-changed"
    title = mark("This is not the current statement")
    default_detail = mark("Fetch the current statement, show it, and send its id and sha256 with the answer.")

    def __init__(self, statement_id: UUID) -> None:
        super().__init__(statement_id=statement_id)


class RequiredPurposeMissing(Problem):
    """The app cannot work without the purpose that was left out."""

    status = 422
    code = "required-purpose-missing"
    title = mark("The app does not work without this consent")
    default_detail = mark("The required purpose was not granted, so nothing was recorded and nothing is open.")


class WithdrawalIsAccountDeletion(Problem):
    """The required purpose is withdrawn by deleting the account.

    Rule: S2-06, C1.
    """

    status = 409
    code = "withdrawal-is-account-deletion"
    title = mark("Withdrawing this consent means deleting your account")
    default_detail = mark("You may do so at any time, without a reason: delete your account in the app.")
