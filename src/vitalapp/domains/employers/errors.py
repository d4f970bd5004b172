"""The ways in which the operator's routes refuse."""

from vitalapp.core.problems import Conflict, Problem
from vitalapp.core.texts import mark


class EmployerExists(Conflict):
    """Another employer carries this registration number."""

    code = "employer-exists"
    title = mark("This employer is there already")
    default_detail = mark("An employer with this registration number exists.")


class ContractExists(Conflict):
    """The employer has another contract with this reference."""

    code = "contract-exists"
    title = mark("This contract is there already")
    default_detail = mark("The employer has a contract with this reference.")


class ContractPeriodInvalid(Problem):
    """A contract cannot end before it starts."""

    status = 422
    code = "contract-period-invalid"
    title = mark("The contract's period is not possible")
    default_detail = mark("A contract cannot end before it starts.")


class RegistrationNumberInvalid(Problem):
    """The number is not one of its scheme."""

    status = 422
    code = "registration-number-invalid"
    title = mark("The registration number does not fit")
    default_detail = mark("A KVK number has 8 digits, an OIN has 20.")
