"""What staff do on the day of a flight, always in three steps: say what, see who would be told what, confirm."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar
from uuid import uuid4

import pghistory
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from airlines.admin.flight_form import arrival_field, departure_field
from airlines.models import Airplane, Airport, Flight
from airlines.services.schedule_conflicts import ConflictGroup, conflicts_of, grouped
from bookings.messages import words_for
from bookings.models import ItineraryChange
from bookings.services.airplane_swaps import Swap, swap_airplane
from bookings.services.irregular_days import (
    cancel_flight,
    change_gate,
    delay_flight,
    write_to_travellers,
)
from bookings.services.proposals import Shared, propose
from flights_project.lib import clock
from flights_project.lib.errors import DomainError, InvalidRequest
from notifications.models import Message
from notifications.services.rendering import Rendered, render

OPERATE, CALL_OFF = "airlines.operate_flight", "airlines.change_flight"
"""Whoever is at the airport moves a flight; that it does not go at all is said by those who make the timetable."""


class ChangeForm(forms.Form):
    """What is to happen to `flight`; `carry_out` makes it happen and returns how many bookings were told."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )
    fields_of: ClassVar[dict[str, str]] = {}
    changes_journeys: ClassVar[bool] = False
    swap: Swap | None = None
    """What became of the cabins, where an airplane was swapped."""

    def __init__(self, *args: Any, flight: Flight, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.flight = flight

    @property
    def why(self) -> dict[str, str]:
        """What the history keeps beside who did it, where somebody said so."""
        reason = self.cleaned_data["reason"]
        return {"reason": reason} if reason else {}

    def carry_out(self, now: datetime) -> int:
        raise NotImplementedError

    def refuse(self, error: DomainError | ValidationError) -> None:
        """Say what a service says, beside the field that it is about where there is one."""
        reasons: dict[str, list[str]] = {}
        if isinstance(error, InvalidRequest):
            reasons = error.errors
        elif isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            reasons = error.message_dict
        for name, texts in reasons.items():
            field = self.fields_of.get(name, name)
            self.add_error(field if field in self.fields else None, texts)
        if not reasons:
            self.add_error(None, error.messages if isinstance(error, ValidationError) else words_for(error))


class DelayForm(ChangeForm):
    fields_of: ClassVar = {"departs_at": "departs", "arrives_at": "arrives"}
    changes_journeys = True

    def __init__(self, *args: Any, flight: Flight, **kwargs: Any) -> None:
        super().__init__(*args, flight=flight, **kwargs)
        self.fields = {"departs": departure_field(flight), "arrives": arrival_field(flight), **self.fields}

    def carry_out(self, now: datetime) -> int:
        return delay_flight(
            flight=self.flight,
            departs_at=_instant(self.cleaned_data["departs"], self.flight.origin),
            arrives_at=_instant(self.cleaned_data["arrives"], self.flight.destination),
            now=now,
        )


class GateForm(ChangeForm):
    field_order = ("gate",)
    gate = forms.CharField(label=gettext_lazy("Gate"), max_length=5, widget=UnfoldAdminTextInputWidget)

    def carry_out(self, now: datetime) -> int:
        return change_gate(flight=self.flight, gate=self.cleaned_data["gate"], now=now)


class AirplaneForm(ChangeForm):
    field_order = ("airplane",)
    airplane = forms.ModelChoiceField(
        label=gettext_lazy("Airplane"), queryset=Airplane.objects.all(), widget=UnfoldAdminSelectWidget
    )

    changes_journeys = True

    def carry_out(self, now: datetime) -> int:
        self.swap = swap_airplane(flight=self.flight, airplane=self.cleaned_data["airplane"], now=now)
        return self.swap.told


class CancelForm(ChangeForm):
    changes_journeys = True

    def carry_out(self, now: datetime) -> int:
        return cancel_flight(flight=self.flight, now=now)


class LetterForm(ChangeForm):
    field_order = ("headline", "body")
    headline = forms.CharField(label=gettext_lazy("Subject"), max_length=70, widget=UnfoldAdminTextInputWidget)
    body = forms.CharField(label=gettext_lazy("Text"), max_length=5000, widget=UnfoldAdminTextareaWidget)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def carry_out(self, now: datetime) -> int:
        words = {name: self.cleaned_data[name] for name in ("headline", "body")}
        return write_to_travellers(flight=self.flight, key=self.cleaned_data["key"].hex, now=now, **words)


@dataclass(frozen=True, slots=True)
class Change:
    title: str | Promise
    form: type[ChangeForm]
    confirm: str | Promise
    right: str = OPERATE


CHANGES = {
    "move": Change(gettext_lazy("Move to another time"), DelayForm, gettext_lazy("Move the flight and tell them")),
    "gate": Change(gettext_lazy("Gate"), GateForm, gettext_lazy("Set the gate and tell them")),
    "airplane": Change(
        gettext_lazy("Another airplane"), AirplaneForm, gettext_lazy("Swap the airplane, give new seats and tell them")
    ),
    "cancel": Change(
        gettext_lazy("Cancel the flight"),
        CancelForm,
        gettext_lazy("Cancel the flight and tell them"),
        CALL_OFF,
    ),
    "write": Change(gettext_lazy("Write to its travellers"), LetterForm, gettext_lazy("Send it")),
}


class IrregularDays:
    """The pages for `CHANGES`, reached from a flight's page."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.change_page)
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]  # beside a page of the desk
        return [path("<int:pk>/day/<slug:name>/", page, name="bookings_flight_day"), *urls]

    @admin.display(description=gettext_lazy("on the day"))
    def irregular_day(self, flight: Flight) -> str:
        links = _changes_of(flight, OPERATE)
        if ItineraryChange.objects.filter(flight=flight).exists():
            page = reverse("admin:bookings_flight_rebooking", args=[flight.pk])
            links.append((page, _("Other flights for its travellers")))
        return _in_a_row(links)

    @admin.display(description=gettext_lazy("Cancellation"))
    def calling_off(self, flight: Flight) -> str:
        return _in_a_row(_changes_of(flight, CALL_OFF))

    def change_page(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """The form; sent, what would be told to whom; confirmed, it is done."""
        flight = get_object_or_404(Flight.objects.with_places(), pk=pk)
        if name not in CHANGES:
            raise Http404
        if not request.user.has_perm(CHANGES[name].right):
            raise PermissionDenied
        if flight.status not in Flight.FOR_SALE:
            messages.warning(request, _("Nothing was done: this flight has left or was cancelled."))
            return redirect("admin:airlines_flight_change", flight.pk)
        form = CHANGES[name].form(request.POST if request.method == "POST" else None, flight=flight)
        preview = None
        if form.is_valid():
            try:
                if "confirm" in request.POST:
                    with pghistory.context(**form.why):
                        told = form.carry_out(timezone.now())
                    return self._done(request, form, told)
                preview = _preview(form, timezone.now())
            except (DomainError, ValidationError) as error:
                form.refuse(error)
        context = self.admin_site.each_context(request) | {"title": CHANGES[name].title, "opts": self.opts}
        context |= {"flight": flight, "form": form, "preview": preview, "confirm": CHANGES[name].confirm}
        return TemplateResponse(request, "desk/irregular_day.html", context)

    def _done(self, request: HttpRequest, form: ChangeForm, told: int) -> HttpResponse:
        words = ngettext("Done. %(count)d booking was told.", "Done. %(count)d bookings were told.", told)
        messages.success(request, words % {"count": told})
        if form.changes_journeys and ItineraryChange.objects.open().filter(flight=form.flight).exists():
            return redirect("admin:bookings_flight_rebooking", form.flight.pk)
        return redirect("admin:airlines_flight_change", form.flight.pk)


Link = tuple[str, str | Promise]


def _changes_of(flight: Flight, right: str) -> list[Link]:
    """The pages for what can still be done with `flight` by whoever has the right."""
    if flight.status not in Flight.FOR_SALE:
        return []
    return [
        (reverse("admin:bookings_flight_day", args=[flight.pk, name]), change.title)
        for name, change in CHANGES.items()
        if change.right == right
    ]


def _in_a_row(links: list[Link]) -> str:
    return format_html_join(" · ", '<a href="{}" class="text-link">{}</a>', links) or "–"


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would be told, and what the first of them would read."""

    bookings: int
    travellers: int
    first: Rendered | None
    shared: Shared | None
    """What would be proposed, where the travellers of the flight would have to choose."""
    swap: Swap | None
    conflicts: list[ConflictGroup]
    """What its airplane could not fly then."""


def _preview(form: ChangeForm, now: datetime) -> Preview:
    """What would happen is tried and taken back, so that the page shows what is going to be true."""
    with transaction.atomic():
        before = set(Message.objects.filter(written_at=now).values_list("pk", flat=True))
        told = form.carry_out(now)
        letters = Message.objects.filter(written_at=now, way="email").exclude(pk__in=before).order_by("subject")
        travellers = sum(len(context["passengers"]) for context in letters.values_list("context", flat=True))
        first = letters.first()
        shared = propose(flight=form.flight, now=now) if told and form.changes_journeys else None
        conflicts = grouped(conflicts_of(Flight.objects.get(pk=form.flight.pk))) if form.changes_journeys else []
        preview = Preview(told, travellers, render(first) if first else None, shared, form.swap, conflicts)
        transaction.set_rollback(True)
    return preview


def _instant(on_the_wall: tuple[date, time], airport: Airport) -> datetime:
    return clock.local_to_utc(*on_the_wall, airport.zone)
