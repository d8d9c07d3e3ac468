"""Changes of many fares: previewed, applied, undone. Each line of a change names the price that it leaves.

A preview writes its lines and no price. What has changed between the preview and the moment it is applied is reported
and left alone, and so is what has changed between that and its undoing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum

from airlines.exceptions import FareChangeDone, FareChangeExpired
from airlines.models import Airport, FareChange, FareChangeLine, FareFamily, FlightFare
from airlines.services.fares import NewPrice, PricedBy, set_prices
from airlines.services.pricing_rules import MOST, to_price_point
from airlines.services.repricing import prices_by_rules
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest
from flights_project.lib.money import rounded

FARES_AT_ONCE = 20_000
"""No change has more: it would keep fares locked for seconds."""
LINES_AT_ONCE = 5000
PREVIEWS_KEPT = timedelta(days=7)

Kind, Status, LineStatus, Limit = FareChange.Kind, FareChange.Status, FareChangeLine.Status, FareChangeLine.Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class FareFilter:
    """Which fares of flights on sale: codes of airports and family, local dates of departure, percent of the cabin's
    seats taken, amount of now. What is empty or None fits everything; from and to are both included."""

    origin: str = ""
    destination: str = ""
    departs_from: date | None = None
    departs_to: date | None = None
    cabin: str = ""
    family: str = ""
    load_from: int | None = None
    load_to: int | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None

    def fares(self, now: datetime) -> QuerySet[FlightFare]:
        conditions = {
            "flight_cabin__flight__origin__iata": self.origin,
            "flight_cabin__flight__destination__iata": self.destination,
            "flight_cabin__flight__departs_on__gte": self.departs_from,
            "flight_cabin__flight__departs_on__lte": self.departs_to,
            "flight_cabin__cabin": self.cabin,
            "family__code": self.family,
            "amount__gte": self.amount_from,
            "amount__lte": self.amount_to,
        }
        asked = {path: value for path, value in conditions.items() if value not in ("", None)}
        return FlightFare.objects.on_sale(now).filter(self._loaded(), **asked)

    def _loaded(self) -> Q:
        """As `pricing_rules.load_percent` rounds it down."""
        taken = 100 * (F("flight_cabin__seats_held") + F("flight_cabin__seats_sold"))
        fits = Q()
        if self.load_from is not None:
            fits &= Q(flight_cabin__capacity__lte=taken / self.load_from) if self.load_from else Q()
        if self.load_to is not None:
            fits &= Q(flight_cabin__capacity__gt=taken / (self.load_to + 1))
        return fits

    def faults(self) -> dict[str, list[str]]:
        """What is wrong with it, by field."""
        faults: dict[str, list[str]] = {}
        for field in ("origin", "destination"):
            code = getattr(self, field)
            if code and not Airport.objects.filter(iata=code).exists():
                faults[field] = [f"There is no airport {code}."]
        if self.family and not FareFamily.objects.filter(code=self.family).exists():
            faults["family"] = [f"There is no fare family {self.family}."]
        for measure in ("departs", "load", "amount"):
            first, last = getattr(self, f"{measure}_from"), getattr(self, f"{measure}_to")
            if None not in (first, last) and first > last:
                faults[f"{measure}_to"] = ["It ends before it begins."]
        return faults

    def words(self) -> dict[str, str]:
        """What was asked for, as it is kept with the change."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {name: str(value) for name, value in fields.items() if value not in ("", None)}


@transaction.atomic
def preview_change(
    *,
    which: FareFilter,
    kind: str,
    by: Decimal | None,
    reason: str,
    user: User,
    now: datetime,
    round_to: Decimal | None = None,
) -> FareChange:
    """What a change would do, kept with a line for each fare that it would touch; no price changes.

    `by` is percent or an amount, up or down; None for giving fares back to the rules. A change by percent or amount
    fixes the fares. Raises InvalidRequest that names the field: nothing fits, too many do, a price below zero.
    """
    _refuse(which.faults())
    if (by is None) != (kind == Kind.RULES):
        _refuse({"by": ["Say by how much." if by is None else "The pricing rules say what it costs."]})
    fares = list(which.fares(now).order_by("pk")[: FARES_AT_ONCE + 1])
    if len(fares) > FARES_AT_ONCE:
        _refuse({"non_field_errors": [f"More than {FARES_AT_ONCE} fares fit: ask for fewer at a time."]})
    change = FareChange(
        kind=kind, by=by, round_to=round_to, reason=reason, which=which.words(), made_by=user, made_at=now
    )
    lines = _lines_by_rules(fares, now) if by is None else _lines_moved(fares, change)
    moved = [line for line in lines if (line.amount_after, _priced_by(change)) != _leaves(line)]
    if not moved:
        _refuse({"non_field_errors": ["No fare would change."]})
    change.save()
    for line in moved:
        line.change = change
    FareChangeLine.objects.bulk_create(moved, LINES_AT_ONCE)
    return change


def _refuse(faults: dict[str, list[str]]) -> None:
    if faults:
        raise InvalidRequest(faults)


def _line(fare: FlightFare, amount: Decimal, limit: str = Limit.NONE) -> FareChangeLine:
    return FareChangeLine(
        fare=fare, amount_before=fare.amount, priced_by_before=fare.priced_by, amount_after=amount, limit=limit
    )


def _leaves(line: FareChangeLine) -> tuple[Decimal, str]:
    return line.amount_before, line.priced_by_before


def _priced_by(change: FareChange) -> PricedBy:
    return PricedBy.RULES if change.kind == Kind.RULES else PricedBy.STAFF


def _lines_by_rules(fares: Iterable[FlightFare], now: datetime) -> list[FareChangeLine]:
    fares = list(fares)
    prices = prices_by_rules(fares={fare.pk for fare in fares}, now=now)
    return [_line(fare, prices[fare.pk][0].amount) for fare in fares]


def _lines_moved(fares: Iterable[FlightFare], change: FareChange) -> list[FareChangeLine]:
    lines = [_moved(fare, change) for fare in fares]
    below = sum(line.amount_after < 0 for line in lines)
    if below:
        _refuse({"by": [f"{below} fares would fall below zero."]})
    if any(line.amount_after > MOST for line in lines):
        _refuse({"by": [f"A fare would cost more than {MOST}."]})
    return lines


def _moved(fare: FlightFare, change: FareChange) -> FareChangeLine:
    """Moved, rounded, and stopped at the fare's floor or ceiling."""
    by = change.by or Decimal()
    amount = fare.amount * (100 + by) / 100 if change.kind == Kind.PERCENT else fare.amount + by
    if change.round_to and amount > 0:
        amount = to_price_point(amount, change.round_to)
    amount = rounded(amount, settings.CURRENCY)
    if fare.ceiling_amount is not None and amount > fare.ceiling_amount:
        return _line(fare, fare.ceiling_amount, Limit.CEILING)
    if fare.floor_amount is not None and amount < fare.floor_amount:
        return _line(fare, fare.floor_amount, Limit.FLOOR)
    return _line(fare, amount)


@transaction.atomic
def apply_change(*, change: FareChange, now: datetime) -> FareChange:
    """Give the fares of a preview their new prices; those that have changed since it was made are left alone.

    Raises FareChangeExpired for an old preview, FareChangeDone where it was applied already.
    """
    if now >= change.made_at + settings.FARE_CHANGE_PREVIEW_LIFETIME and change.status == Status.PREVIEWED:
        raise FareChangeExpired
    _leave(change, Status.PREVIEWED, becomes=Status.APPLIED, applied_at=now)
    lines = list(change.lines.all())
    prices = [
        NewPrice(line.fare_id, *_leaves(line), line.amount_after, _priced_by(change), change.reason) for line in lines
    ]
    _mark(change, done=set_prices(prices), becomes=LineStatus.APPLIED, otherwise=LineStatus.OVERTAKEN)
    return change


@transaction.atomic
def undo_change(*, change: FareChange, now: datetime) -> FareChange:
    """Give the fares of a change back what they cost before; those that have changed since it was applied keep it.

    Raises FareChangeDone where it was not applied, or undone already.
    """
    _leave(change, Status.APPLIED, becomes=Status.UNDONE, undone_at=now)
    reason = f"Undone: {change.reason}"[:200]
    prices = [
        NewPrice(line.fare_id, line.amount_after, _priced_by(change), *_leaves(line), reason)
        for line in change.lines.filter(status=LineStatus.APPLIED)
    ]
    _mark(change, done=set_prices(prices), becomes=LineStatus.UNDONE, otherwise=LineStatus.KEPT)
    return change


def _leave(change: FareChange, status: str, *, becomes: str, **times: datetime) -> None:
    """Of two who do the same at once, one does it."""
    left = FareChange.objects.filter(pk=change.pk, status=status).update(status=becomes, **times)
    change.refresh_from_db()
    if not left:
        raise FareChangeDone(status=change.status)


def _mark(change: FareChange, *, done: set[int], becomes: str, otherwise: str) -> None:
    waiting = change.lines.filter(status__in=[LineStatus.PREVIEWED, LineStatus.APPLIED])
    waiting.exclude(fare__in=done).update(status=otherwise)
    waiting.filter(fare__in=done).update(status=becomes)


@dataclass(frozen=True, slots=True)
class ChangeTotals:
    """A change in a few numbers; amounts are sums of one adult fare each."""

    fares: int
    rises: int
    falls: int
    before: Decimal
    after: Decimal
    at_floor: int
    at_ceiling: int
    by_status: dict[str, int]


def totals_of(change: FareChange) -> ChangeTotals:
    """In two queries, however many lines there are."""
    numbers = change.lines.aggregate(
        fares=Count("pk"),
        rises=Count("pk", filter=Q(amount_after__gt=F("amount_before"))),
        falls=Count("pk", filter=Q(amount_after__lt=F("amount_before"))),
        before=Sum("amount_before", default=Decimal()),
        after=Sum("amount_after", default=Decimal()),
        at_floor=Count("pk", filter=Q(limit=Limit.FLOOR)),
        at_ceiling=Count("pk", filter=Q(limit=Limit.CEILING)),
    )
    by_status = change.lines.order_by().values_list("status").annotate(Count("pk"))
    return ChangeTotals(**numbers, by_status=dict(by_status))


def forget_previews(*, now: datetime) -> int:
    """Delete previews that nobody applied; returns how many."""
    old = FareChange.objects.filter(status=Status.PREVIEWED, made_at__lt=now - PREVIEWS_KEPT)
    count = old.count()
    old.delete()
    return count
