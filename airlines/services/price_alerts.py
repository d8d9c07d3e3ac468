"""Tells travellers when a price that they follow has fallen: below a limit, or by a percentage.

Alerts are looked at in the transaction that writes the lows they wait for, and a message is written together with what
the alert knows of it: a worker that is killed has done neither, and what it did is not done again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext

from airlines.exceptions import AlreadyFollowed, TooManyAlerts
from airlines.models import Low, PriceAlert
from airlines.services.lowest import code_of
from airlines.services.lows import round_trip_total
from airlines.services.places import Place
from airlines.services.reference import current
from flights_project.gateway.models import User
from flights_project.lib import clock
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.money import on_the_wire
from notifications.services.outbox import tell

SALT = "airlines.price_alert"
AT_MOST_EVERY = timedelta(days=1)

Key = tuple[str, str, str, date]
"""Origin, destination, cabin and day of a low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to follow: `limit` for one adult, taxes included, or `percent`, or both."""

    origin: Place
    destination: Place
    cabin: str
    depart_on: date
    return_on: date | None
    limit: Decimal | None
    percent: int | None


@transaction.atomic
def follow(*, owner: User, wish: Wish, now: datetime) -> PriceAlert:
    """Tell `owner` when the price falls. Locks the owner, whose alerts are counted.

    Raises AlreadyFollowed for the same journey, cabin and days, TooManyAlerts beyond `PRICE_ALERTS_PER_USER`,
    InvalidRequest for a limit that the price has reached already, ValidationError for a rule of the model.
    """
    _lock(owner)
    if PriceAlert.objects.filter(owner=owner, depart_on__gte=_yesterday(now)).count() >= settings.PRICE_ALERTS_PER_USER:
        raise TooManyAlerts(gettext("You follow as many prices as one person may. Stop one before you follow another."))
    alert = PriceAlert(
        owner=owner,
        origin=code_of(wish.origin),
        destination=code_of(wish.destination),
        cabin=wish.cabin,
        depart_on=wish.depart_on,
        return_on=wish.return_on,
        limit=wish.limit,
        percent=wish.percent,
        created_at=now,
    )
    alert.price = prices_of([alert])[alert.pk]
    _refuse_a_limit_reached(alert)
    alert.full_clean(exclude=["owner"], validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            alert.save()
    except IntegrityError as error:
        raise AlreadyFollowed(gettext("You follow this price already.")) from error
    return alert


def _lock(owner: User) -> None:
    """Until the transaction ends nobody else counts the alerts of `owner`."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=owner.pk)


def _refuse_a_limit_reached(alert: PriceAlert) -> None:
    if alert.limit is not None and alert.price is not None and alert.price <= alert.limit:
        costs = on_the_wire(alert.price, settings.CURRENCY)
        words = gettext("It costs %(amount)s %(currency)s now, which is no more than this.")
        raise InvalidRequest({"limit": [words % costs]})


def alerts_of(owner: User, *, now: datetime) -> QuerySet[PriceAlert]:
    """What somebody follows; what has left is followed no more."""
    return PriceAlert.objects.filter(owner=owner, depart_on__gte=_yesterday(now))


def change(*, alert: PriceAlert, limit: Decimal | None, percent: int | None) -> PriceAlert:
    """Wait for something else from now on, from the price of now. Raises ValidationError, InvalidRequest."""
    alert.limit, alert.percent = limit, percent
    alert.price = prices_of([alert])[alert.pk] or alert.price
    _refuse_a_limit_reached(alert)
    alert.full_clean(validate_unique=False)
    alert.save(update_fields=["limit", "percent", "price"])
    return alert


def stop(*, alert: UUID) -> None:
    """Follow it no more. Twice is once."""
    PriceAlert.objects.filter(pk=alert).delete()


def stop_token(alert: PriceAlert) -> str:
    return signing.dumps(str(alert.pk), salt=SALT)


def alert_of(token: str) -> UUID | None:
    """The alert that a link of ours stops, whether it still is or not; None for any other text."""
    try:
        return UUID(signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError):
        return None


def followed(alert: UUID) -> PriceAlert | None:
    """The alert, None where it has been stopped."""
    return PriceAlert.objects.filter(pk=alert).first()


def forget_departed(*, now: datetime) -> int:
    """Alerts end with the day of departure; returns how many did."""
    return PriceAlert.objects.filter(depart_on__lt=_yesterday(now)).delete()[0]


def _yesterday(now: datetime) -> date:
    """Where the date line is, it may still be the day before at Greenwich."""
    return now.date() - timedelta(days=1)


def tell_of(lows: Collection[Key], *, now: datetime) -> int:
    """Tell who follows one of `lows`, which have just been written; returns how many were told.

    Inside the transaction that wrote them.
    """
    if not lows:
        return 0
    keys = list(zip(*lows, strict=True))
    alerts = PriceAlert.objects.raw(
        """
        WITH low (origin, destination, cabin, day) AS (
            SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[])
        )
        SELECT alert.* FROM airlines_pricealert alert
        WHERE id IN (
            SELECT id FROM low JOIN airlines_pricealert USING (origin, destination, cabin) WHERE depart_on = day
            UNION
            SELECT id FROM low JOIN airlines_pricealert back
                ON back.origin = low.destination AND back.destination = low.origin AND back.cabin = low.cabin
            WHERE return_on = day
        ) AND depart_on >= %s
        ORDER BY id FOR NO KEY UPDATE
        """,
        [*map(list, keys), _yesterday(now)],
    )
    return _tell(list(alerts), now)


@transaction.atomic
def tell_later(*, now: datetime) -> int:
    """Tell who was told of another fall within a day before this one; returns how many were told."""
    waiting = PriceAlert.objects.filter(
        told_at__lte=now - AT_MOST_EVERY, told_at__gt=now - 2 * AT_MOST_EVERY, depart_on__gte=_yesterday(now)
    )
    return _tell(list(waiting.order_by("pk").select_for_update(of=("self",), no_key=True, skip_locked=True)), now)


def _tell(alerts: Iterable[PriceAlert], now: datetime) -> int:
    alerts = list(alerts)
    prices = prices_of(alerts)
    told = []
    known = []
    owners = User.objects.in_bulk({alert.owner_id for alert in alerts})
    for alert in alerts:
        price = prices[alert.pk]
        if price is not None and alert.price is None:
            alert.price = price  # from now on it can fall
            known.append(alert)
        if price is None or not has_fallen(alert, price, now):
            continue
        _write(alert, owners[alert.owner_id], price, now)
        alert.price, alert.told_at = price, now
        told.append(alert)
    PriceAlert.objects.bulk_update({alert.pk: alert for alert in (*known, *told)}.values(), ["price", "told_at"])
    return len(told)


def has_fallen(alert: PriceAlert, price: Decimal, now: datetime) -> bool:
    """Whether there is something to tell: nothing within a day of the last time, and then only of a lower price."""
    if alert.told_at is not None and (now < alert.told_at + AT_MOST_EVERY or price >= (alert.price or price)):
        return False
    below = alert.limit is not None and price <= alert.limit
    by_enough = (
        alert.percent is not None
        and alert.price is not None
        and price < alert.price
        and price <= alert.price * (100 - alert.percent) / 100
    )
    return below or by_enough


def prices_of(alerts: Collection[PriceAlert]) -> Mapping[UUID, Decimal | None]:
    """The lowest price of now of each; None where there is none."""
    wanted = {_way_out(alert) for alert in alerts} | {_way_back(alert) for alert in alerts if alert.return_on}
    found: dict[Key, Low] = {}
    if wanted:
        low_keys = Q(pk__in=[(origin, destination, cabin, day) for origin, destination, cabin, day in wanted])
        found = {(low.origin, low.destination, low.cabin, low.departs_on): low for low in Low.objects.filter(low_keys)}
    return {alert.pk: _price(found.get(_way_out(alert)), found.get(_way_back(alert)), alert) for alert in alerts}


def _price(out: Low | None, back: Low | None, alert: PriceAlert) -> Decimal | None:
    if out is None or alert.return_on is None:
        return out.total if out else None
    return round_trip_total(out, back) if back else None


def _way_out(alert: PriceAlert) -> Key:
    return alert.origin, alert.destination, alert.cabin, alert.depart_on


def _way_back(alert: PriceAlert) -> Key:
    return alert.destination, alert.origin, alert.cabin, alert.return_on or alert.depart_on


def _write(alert: PriceAlert, owner: User, price: Decimal, now: datetime) -> None:
    tell(
        kind="price_alert",
        subject=f"{alert.pk} {now:%Y-%m-%d %H:%M}",
        recipient=owner.email,
        reader=owner,
        context=_facts(alert, price),
        now=now,
        useful_until=clock.local_to_utc(alert.depart_on, datetime.max.time(), "UTC"),
    )


def _facts(alert: PriceAlert, price: Decimal) -> dict[str, Any]:
    """Plain JSON: what the message says."""
    site = settings.SITE_URL
    journey = journey_of(alert)
    return {
        "origin_city": journey.origin,
        "destination_city": journey.destination,
        "depart_on": date_format(alert.depart_on, "D j M Y"),
        "return_on": date_format(alert.return_on, "D j M Y") if alert.return_on else "",
        "price": on_the_wire(price, settings.CURRENCY),
        "previous": on_the_wire(alert.price, settings.CURRENCY) if alert.price and alert.price > price else None,
        "limit": on_the_wire(alert.limit, settings.CURRENCY) if alert.limit else None,
        "search_url": f"{site}{reverse('search')}?{journey.search}",
        "alerts_url": site + reverse("price-alerts"),
        "stop_url": site + reverse("stop-price-alert", args=[stop_token(alert)]),
    }


@dataclass(frozen=True, slots=True)
class FollowedJourney:
    """The cities of an alert, and the query of the search for it."""

    origin: str
    destination: str
    search: str


def journey_of(alert: PriceAlert) -> FollowedJourney:
    """An alert in words; a place that is no more is its code."""
    reference = current()
    origin, destination = reference.place(alert.origin), reference.place(alert.destination)
    asked = {"origin": alert.origin, "destination": alert.destination, "depart_on": alert.depart_on}
    if alert.return_on:
        asked["return_on"] = alert.return_on
    asked |= {"cabin": alert.cabin, "trip": "return" if alert.return_on else "oneway"}
    return FollowedJourney(
        origin.city if origin else alert.origin,
        destination.city if destination else alert.destination,
        urlencode(asked),
    )
