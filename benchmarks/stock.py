"""What the measurements sell: flights between Delhi and Mumbai, and a program that may sell them."""

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from airlines.models import Flight
from airlines.tests.factories import AirplaneFactory, TaxRuleFactory, claim_for, economy, make_flight
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.roles import Role

SEATS_ABREAST = 6


def schedule(*, flights: int, seats: int, days: int = 1) -> list[Flight]:
    """Flights of so many seats in economy, a month ahead, spread over `days`; on each ticket are two taxes."""
    TaxRuleFactory.create(code="IN", amount=250)
    TaxRuleFactory.create(code="K3", name="Goods and services tax", amount=None, percent=5)
    airplane = AirplaneFactory.create(cabins=[economy(1, -(-seats // SEATS_ABREAST))])
    first = (timezone.now() + timedelta(days=30)).replace(hour=1, minute=0, second=0, microsecond=0)
    return [
        make_flight(
            departs_at=first + timedelta(days=n % days, minutes=n // days), number=f"KV{1000 + n}", airplane=airplane
        )
        for n in range(flights)
    ]


def integrator_key() -> str:
    return integrator_keys(1)[0]


def integrator_keys(count: int) -> list[str]:
    """So many keys of one owner; each has limits of its own."""
    owner = User.objects.create_user("partner@example.com")
    owner.groups.add(Group.objects.get(name=Role.INTEGRATOR))
    return [ApiKey.issue(owner=owner, name="measurement")[1] for _ in range(count)]


def offers_of(flights: Sequence[Flight]) -> list[str]:
    """An offer of each for one adult."""
    return [claim_for([flight], now=timezone.now()).token for flight in flights]
