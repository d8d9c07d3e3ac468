"""The first page of the desk: what the airline's day looks like, as far as somebody may see it. Each number leads to
its list."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from airlines.models import Flight
from airlines.services.pricing_rules import load_percent
from bookings.models import Booking, Payment, Reconciliation, Refund
from bookings.services import today
from flights_project.gateway.templatetags.flights import money
from notifications.models import Message, WebhookEndpoint

EARNINGS = "bookings.revenue_report"


@dataclass(frozen=True, slots=True)
class Tile:
    """One number, in words where it is none, and where it leads."""

    title: str | Promise
    value: str
    url: str
    is_alarming: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody: its rows, and the list that shows just these."""

    title: str | Promise
    model: type[Model]
    rows: Callable[[datetime], QuerySet[Any]]
    lookups: Callable[[datetime], dict[str, Any]]


WAITING = (
    Waiting(
        gettext_lazy("Holds that expire within 15 minutes"),
        Booking,
        today.holds_expiring,
        lambda now: {"status__exact": "held", "payment_required_by__lte": now + today.EXPIRES_SOON},
    ),
    Waiting(
        gettext_lazy("Payments without an answer for 5 minutes"),
        Payment,
        today.payments_to_look_at,
        lambda now: {"status__exact": "started", "started_at__lte": now - today.ANSWER_EXPECTED},
    ),
    Waiting(
        gettext_lazy("Refunds not paid yet"),
        Refund,
        lambda _now: today.refunds_waiting(),
        lambda _now: {"status__exact": "started"},
    ),
    Waiting(
        gettext_lazy("Messages given up"),
        Message,
        lambda _now: today.messages_given_up(),
        lambda _now: {"status__exact": "dead"},
    ),
    Waiting(
        gettext_lazy("Messages due for 5 minutes"),
        Message,
        today.messages_overdue,
        lambda now: {"status__exact": "waiting", "due_at__lte": now - today.ANSWER_EXPECTED},
    ),
    Waiting(
        gettext_lazy("Webhooks that fail"),
        WebhookEndpoint,
        lambda _now: today.webhooks_failing(),
        lambda _now: {"status__exact": "failing"},
    ),
)


def today_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's context of the first page, with what `request.user` may know of the day."""
    now = timezone.now()
    shown: dict[str, Any] = {"now": now, "day": today.today(now), "tiles": _tiles(request, now), "charts": []}
    if _may_view(request, Flight):
        shown["charts"].append(_departures(today.today(now)))
        shown["next"] = [_departing(flight) for flight in today.next_departures(now)]
    days = today.last_days(now)
    if _may_view(request, Booking) or request.user.has_perm(EARNINGS):
        shown["charts"].append(_bookings(request, days))
    if _may_view(request, Payment) or request.user.has_perm(EARNINGS):
        shown["charts"].append(_money(request, days))
    return context | {"title": _("Today"), "today": shown}


def _may_view(request: HttpRequest, model: type[Model]) -> bool:
    return request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")  # noqa: SLF001 -- Django's documented name


def _list(model: type[Model], **lookups: Any) -> str:
    """The desk's list of just these."""
    name = model._meta.label_lower.replace(".", "_")  # noqa: SLF001 -- likewise
    written = {key: value.isoformat() if isinstance(value, date) else value for key, value in lookups.items()}
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(written)}"


def _tiles(request: HttpRequest, now: datetime) -> list[Tile]:
    tiles = [_waiting(each, now) for each in WAITING if _may_view(request, each.model)]
    return [*tiles, _reconciled()] if _may_view(request, Reconciliation) else tiles


def _waiting(what: Waiting, now: datetime) -> Tile:
    count = today.count_of(what.rows(now))
    value = f"{today.MANY}+" if count > today.MANY else str(count)
    return Tile(what.title, value, _list(what.model, **what.lookups(now)), count > 0)


def _reconciled() -> Tile:
    last = today.last_reconciliation()
    title = _("Seats and money compared")
    if last is None:
        return Tile(title, _("not yet"), _list(Reconciliation), is_alarming=False)
    title = _("Seats and money compared on %(day)s") % {"day": date_format(last.ran_at, "j M, H:i")}
    value = _("%(count)d differences") % {"count": last.count} if last.count else _("all add up")
    return Tile(title, value, reverse("admin:bookings_reconciliation_change", args=[last.pk]), last.count > 0)


@dataclass(frozen=True, slots=True)
class Line:
    """What a chart shows at one place, and where that leads; an empty address leads nowhere."""

    label: str
    values: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart of Unfold's, and the same numbers as a table."""

    key: str
    title: str
    total: str
    columns: tuple[str, ...]
    drawn: str
    lines: list[Line]


COLOURS = ("var(--color-primary-500)", "var(--color-primary-300)")


def _drawn(labels: Iterable[str], *bars: tuple[str, list[float]]) -> str:
    """What Unfold's chart component takes."""
    sets = [
        {"label": name, "data": values, "backgroundColor": colour, "displayYAxis": not place, "maxBarThickness": 16}
        for place, ((name, values), colour) in enumerate(zip(bars, COLOURS, strict=False))
    ]
    return json.dumps({"labels": list(labels), "datasets": sets})


def _departures(day: date) -> Chart:
    counts, start = today.departures_by_hour(day), today.span_of(day).first
    labels = [f"{hour:02d}" for hour in range(24)]
    hours = [start + timedelta(hours=hour) for hour in range(24)]
    lines = [
        Line(
            f"{label}:00",
            (str(count),),
            _list(Flight, departs_at__gte=hour, departs_at__lt=hour + timedelta(hours=1)),
        )
        for label, count, hour in zip(labels, counts, hours, strict=True)
        if count
    ]
    columns = (_("Hour"), _("Departures"))
    drawn = _drawn(labels, (columns[1], [float(count) for count in counts]))
    total = _("%(count)d flights leave today") % {"count": sum(counts)}
    return Chart("departures", _("Departures by hour"), total, columns, drawn, lines)


def _bookings(request: HttpRequest, days: list[date]) -> Chart:
    counts = today.bookings_by_day(days)
    columns = (_("Day"), _("Bookings"))
    lines = _by_day(days, [(str(count),) for count in counts], Booking if _may_view(request, Booking) else None)
    drawn = _drawn(map(_short, days), (columns[1], [float(count) for count in counts]))
    total = _("%(count)d made today") % {"count": counts[-1]}
    return Chart("bookings", _("Bookings by day"), total, columns, drawn, lines)


def _money(request: HttpRequest, days: list[date]) -> Chart:
    sums = today.money_by_day(days)
    columns = (_("Day"), _("Taken"), _("Given back"))
    values = [(money(taken), money(back)) for taken, back in sums]
    lines = _by_day(days, values, Payment if _may_view(request, Payment) else None)
    drawn = _drawn(
        map(_short, days),
        (columns[1], [float(taken) for taken, _back in sums]),
        (columns[2], [float(back) for _taken, back in sums]),
    )
    total = _("%(amount)s taken today") % {"amount": money(sums[-1][0] if sums else Decimal())}
    return Chart("money", _("Money by day"), total, columns, drawn, lines)


DAY_OF = {Booking: "held_at", Payment: "answered_at"}


def _by_day(days: list[date], values: Iterable[tuple[str, ...]], model: type[Model] | None) -> list[Line]:
    """The newest day first."""

    def url(day: date) -> str:
        if model is None:
            return ""
        span, field = today.span_of(day), DAY_OF[model]
        return _list(model, **{f"{field}__gte": span.first, f"{field}__lt": span.end})

    return [Line(_short(day), texts, url(day)) for day, texts in zip(days, values, strict=True)][::-1]


def _short(day: date) -> str:
    return date_format(day, "j M")


@dataclass(frozen=True, slots=True)
class Departing:
    flight: Flight
    taken: int
    capacity: int
    percent: int


def _departing(flight: Flight) -> Departing:
    cabins = flight.cabins.all()
    taken = sum(cabin.seats_held + cabin.seats_sold for cabin in cabins)
    capacity = sum(cabin.capacity for cabin in cabins)
    return Departing(flight, taken, capacity, load_percent(taken=taken, capacity=capacity))
