"""How a process or a command fails that cannot do what it was asked."""


class Failure(Exception):
    """Something outside the code is wrong; the message is one sentence that says what to do, and all that is shown."""
