"""Steps that several tests take to have a second factor."""

from datetime import datetime, timedelta

from pyotp.totp import TOTP

from tests.support.application import TravellingClock
from tests.support.people import Person

PATH = "/v1/me/second-factors/totp"


class Authenticator:
    """An authenticator app on the test's clock, and the recovery codes that came with it."""

    def __init__(self, secret: str, clock: TravellingClock) -> None:
        self._totp = TOTP(secret)
        self._clock = clock
        self.recovery_codes: list[str] = []

    def code(self, *, at: datetime | None = None) -> str:
        """What the app shows."""
        return self._totp.at(at or self._clock())

    def next_code(self) -> str:
        """A code that was not shown before: half a minute passes."""
        self._clock.travel(timedelta(seconds=30))
        return self.code()


async def add_second_factor(person: Person, clock: TravellingClock) -> Authenticator:
    """Give a person a confirmed authenticator app."""
    await person.step_up()
    added = await person.post(PATH)
    assert added.status_code == 201, added.text
    app = Authenticator(added.json()["secret"], clock)
    confirmed = await person.post(f"{PATH}/confirm", json={"code": app.code()})
    assert confirmed.status_code == 200, confirmed.text
    app.recovery_codes = confirmed.json()["recovery_codes"]
    return app
