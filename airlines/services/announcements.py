"""Changes of prices and flights, told to every process after commit and marked for the lowest prices that they touch.

Seats are told by `inventory`, to which lows are nothing until the last seat is taken or given back.
"""

from collections.abc import Iterable

from airlines.services import changes
from airlines.services.changes import Change
from airlines.services.stale_lows import Mark, mark


def announce(told: Iterable[Change]) -> None:
    """As `changes.announce`, in the same transaction as the marks."""
    told = list(told)
    legs = [change.leg for change in told if change.leg is not None]
    mark(Mark((leg.origin, leg.destination), leg.departs_on) for leg in legs)
    changes.announce(told)
