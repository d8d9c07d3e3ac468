"""Other flights for the travellers of a changed flight: what is proposed, staff's edits, and how far it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from airlines.models import Flight
from bookings.admin.finding import page_of
from bookings.admin.irregular_days import OPERATE
from bookings.messages import words_for, words_for_code
from bookings.models import ItineraryChange
from bookings.services.proposals import Case, Shared, accept_for_all, cases_of, edit, progress_of, propose
from flights_project.gateway.models import User
from flights_project.lib import clock
from flights_project.lib.errors import DomainError

WAYS_OFFERED = 6
FIELD = "way-"


@dataclass(frozen=True, slots=True)
class Row:
    """One booking: the ways that it can be given, by the value of their choice."""

    case: Case
    url: str
    names: str
    ways: list[tuple[str, str]]
    chosen: str
    problem: str
    """Why it could not be moved, where somebody tried."""

    @property
    def field(self) -> str:
        return f"{FIELD}{self.case.change.pk}"

    @property
    def can_be_moved(self) -> bool:
        """Whether staff have something to choose for it."""
        return bool(self.ways) and self.case.change.ordered_at is None

    @property
    def can_be_kept(self) -> bool:
        """Whether they may stay on the flight as it is now."""
        return ItineraryChange.Choice.ACCEPT in self.case.change.available_choices


class Rebooking:
    """The page, reached from a flight's."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.rebooking_page)
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]  # beside a page of the desk
        return [path("<int:pk>/rebooking/", page, name="bookings_flight_rebooking"), *urls]

    def rebooking_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who waits for another flight, and what they are proposed; sent, it is edited, renewed or accepted for all."""
        flight = get_object_or_404(Flight.objects.with_places(), pk=pk)
        if not request.user.has_perm(OPERATE):
            raise PermissionDenied
        if request.method == "POST":
            try:
                _act(request, flight)
            except DomainError as error:
                messages.warning(request, words_for(error))
            return redirect("admin:bookings_flight_rebooking", flight.pk)
        rows = _rows(cases_of(flight=flight, now=timezone.now()))
        context = self.admin_site.each_context(request) | {
            "title": _("Other flights for its travellers"),
            "flight": flight,
            "progress": progress_of(flight),
            "rows": rows,
            "some_can_be_moved": any(row.can_be_moved for row in rows),
            "opts": self.opts,
        }
        return TemplateResponse(request, "desk/rebooking.html", context)


def _act(request: HttpRequest, flight: Flight) -> None:
    now = timezone.now()
    if "propose" in request.POST:
        _say_what_is_proposed(request, propose(flight=flight, now=now))
        return
    edited = edit(flight=flight, proposed=_typed(request), now=now)
    if "accept" in request.POST:
        count = accept_for_all(flight=flight, by=cast("User", request.user), now=now)
        words = ngettext("%(count)d booking is being moved.", "%(count)d bookings are being moved.", count)
        _say(request, count, words % {"count": count}, _("Nobody is moved: no other flight is chosen for anybody."))
    else:
        words = ngettext("%(count)d proposal was changed.", "%(count)d proposals were changed.", edited)
        _say(request, edited, words % {"count": edited}, _("Every proposal was like this already."))


def _say_what_is_proposed(request: HttpRequest, shared: Shared) -> None:
    if not shared.bookings:
        words = _("There was nobody to propose to: who waits can keep this flight, or is being moved already.")
        messages.info(request, words)
        return
    count = shared.same_day + shared.later
    words = ngettext("%(count)d booking has a proposal.", "%(count)d bookings have a proposal.", count)
    _say(request, count, words % {"count": count}, _("No other flight has seats for any of them."))
    if count and shared.without:
        words = ngettext(
            "For %(count)d booking there is no other flight.",
            "For %(count)d bookings there is no other flight.",
            shared.without,
        )
        messages.warning(request, words % {"count": shared.without})


def _say(request: HttpRequest, count: int, done: str, nothing: str) -> None:
    """What was done, or why there was nothing to do."""
    if count:
        messages.success(request, done)
    else:
        messages.warning(request, nothing)


def _typed(request: HttpRequest) -> dict[UUID, list[int]]:
    """Flights by change, as the form has them; what is no choice of the page is left out."""
    typed: dict[UUID, list[int]] = {}
    for name, value in request.POST.items():
        flights = str(value).split("-") if value else []
        if name.startswith(FIELD) and all(each.isdecimal() for each in flights):
            try:
                typed[UUID(name.removeprefix(FIELD))] = [int(each) for each in flights]
            except ValueError:
                continue
    return typed


def _rows(cases: Sequence[Case]) -> list[Row]:
    shown = {flight for case in cases for flight in _offered(case)}
    flights = Flight.objects.with_places().in_bulk(shown)
    return [_row(case, flights) for case in cases]


def _offered(case: Case) -> Iterable[int]:
    yield from case.change.proposed
    for way in case.ways[:WAYS_OFFERED]:
        yield from way.flights


def _row(case: Case, flights: dict[int, Flight]) -> Row:
    ways = dict.fromkeys([tuple(case.change.proposed), *(way.flights for way in case.ways[:WAYS_OFFERED])])
    return Row(
        case=case,
        url=page_of(case.part.booking),
        names=", ".join(str(traveller) for traveller in case.part.travellers),
        ways=[(_value(way), _in_words([flights[pk] for pk in way if pk in flights])) for way in ways if way],
        chosen=_value(case.change.proposed),
        problem=words_for_code(case.change.problem),
    )


def _value(flights: Iterable[int]) -> str:
    return "-".join(map(str, flights))


def _in_words(flights: Sequence[Flight]) -> str:
    """`KV101 DEL 06:45 Sat 5 Dec, KV204 BOM 11:10 Sat 5 Dec`."""
    return ", ".join(
        f"{flight.number} {flight.origin.iata} "
        f"{flight.departs_at.astimezone(clock.zone(flight.origin.zone)):%H:%M %a %-d %b}"
        for flight in flights
    )
