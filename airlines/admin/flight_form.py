"""The form of a flight: local times as timetables print them, and a price for each fare family in each cabin."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import DATETIME_CLASSES, UnfoldAdminDecimalFieldWidget

from airlines.models import Airport, Cabin, CabinClass, FareFamily, Flight
from airlines.models.flights import in_a_calendar
from airlines.services.scheduling import FarePlan
from flights_project.gateway.desk import ServiceForm
from flights_project.lib import clock


class LocalTimeWidget(forms.MultiWidget):
    """The browser's own date and time inputs: Django's would offer the server's today and now."""

    template_name = "unfold/widgets/split_datetime.html"

    def __init__(self) -> None:
        classes = " ".join(DATETIME_CLASSES)
        day = forms.DateInput(attrs={"type": "date", "class": classes, "aria-label": _("Date")}, format="%Y-%m-%d")
        hour = forms.TimeInput(attrs={"type": "time", "class": classes, "aria-label": _("Time")}, format="%H:%M")
        super().__init__([day, hour])

    def decompress(self, value: Any) -> list[Any]:
        return list(value) if value else [None, None]


class LocalTimeField(forms.MultiValueField):
    """A date and a time on the clock of an airport; cleans to the pair."""

    widget = LocalTimeWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__((forms.DateField(validators=[in_a_calendar]), forms.TimeField()), **kwargs)

    def compress(self, data_list: list[Any]) -> tuple[date, time] | None:
        return (data_list[0], data_list[1]) if data_list else None


@dataclass(frozen=True, slots=True)
class FareSlot:
    """Where the form takes the price of a family in a cabin."""

    cabin: str
    family: FareFamily
    amount: Decimal | None

    @property
    def name(self) -> str:
        return f"fare_{self.cabin}_{self.family.pk}"

    def field(self) -> forms.DecimalField:
        """Empty is not sold. The price that the page was opened with goes along, so that only a change is one."""
        return forms.DecimalField(
            label=self.family.name,
            min_value=0,
            max_digits=10,
            decimal_places=2,
            required=self.amount is not None,
            initial=self.amount,
            show_hidden_initial=True,
            widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
        )


def fare_slots(flight: Flight | None) -> list[FareSlot]:
    """Every family in every cabin of the flight; for a new one, in every class that an airplane has."""
    families = list(FareFamily.objects.all())
    if flight is None:
        fitted = set(Cabin.objects.order_by().values_list("cabin", flat=True).distinct())
        return [FareSlot(cabin, family, None) for cabin in CabinClass.values if cabin in fitted for family in families]
    return [
        FareSlot(cabin.cabin, family, amounts.get(family.pk))
        for cabin in flight.cabins.all()
        for amounts in [{fare.family_id: fare.amount for fare in cabin.fares.all()}]
        for family in families
    ]


TYPED = ["number", "airplane", "origin", "origin_terminal", "destination", "destination_terminal"]


class FlightForm(ServiceForm[Flight]):
    """The plain part of the form; `flight_form` adds times and fares as the flight allows."""

    fields_of: ClassVar = {"departs_at": "departs", "arrives_at": "arrives"}
    slots: ClassVar[list[FareSlot]] = []

    class Meta:
        model = Flight
        fields = TYPED

    def clean_number(self) -> str:
        return str(self.cleaned_data["number"]).upper()

    def changes(self) -> dict[str, Any]:
        """What a service needs to know of what was typed, times as instants."""
        given = {name: self.cleaned_data[name] for name in TYPED if name in self.changed_data}
        for time_field, airport_field in (("departs", "origin"), ("arrives", "destination")):
            if {time_field, airport_field} & set(self.changed_data) and time_field in self.fields:
                airport: Airport = self.cleaned_data[airport_field]
                on, at = self.cleaned_data[time_field]
                given[f"{time_field}_at"] = clock.local_to_utc(on, at, airport.zone)
        return given

    def fare_plans(self) -> list[FarePlan]:
        """The prices to set: those that changed, and all where another airplane brings other cabins."""
        return [
            FarePlan(cabin=slot.cabin, family=slot.family, amount=self.cleaned_data[slot.name])
            for slot in self._slots_to_set()
            if self.cleaned_data.get(slot.name) is not None
        ]

    def _slots_to_set(self) -> Iterable[FareSlot]:
        if self.instance.pk is None or "airplane" not in self.changed_data:
            return [slot for slot in self.slots if slot.name in self.changed_data]
        fitted = set(self.cleaned_data["airplane"].cabins.values_list("cabin", flat=True))
        return [slot for slot in self.slots if slot.cabin in fitted]


def flight_form(flight: Flight | None, *, slots: list[FareSlot], with_times: bool) -> type[FlightForm]:
    """The form for this flight."""
    fields: dict[str, Any] = {slot.name: slot.field() for slot in slots}
    if with_times:
        fields |= {"departs": departure_field(flight), "arrives": arrival_field(flight)}
    return type("FlightForm", (FlightForm,), fields | {"slots": slots})


def departure_field(flight: Flight | None) -> LocalTimeField:
    return LocalTimeField(
        label=_("Departs"),
        help_text=_("By the clock of the airport it leaves from."),
        initial=flight and _on_the_wall(flight.departs_at, flight.origin),
    )


def arrival_field(flight: Flight | None) -> LocalTimeField:
    return LocalTimeField(
        label=_("Arrives"),
        help_text=_("By the clock of the airport it flies to."),
        initial=flight and _on_the_wall(flight.arrives_at, flight.destination),
    )


def _on_the_wall(instant: datetime, airport: Airport) -> list[date | time]:
    local = instant.astimezone(clock.zone(airport.zone))
    return [local.date(), local.time()]
