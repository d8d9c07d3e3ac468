"""The form of a schedule: days to tick, airplanes in turn, and a fare reference for each family in each cabin."""

from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextInputWidget,
)

from airlines.models import Airplane, Airport, Cabin, CabinClass, FareFamily, Schedule
from airlines.models.schedules import DAILY, unchanged
from airlines.services.schedules import COLUMNS, Pattern, PatternFare
from flights_project.gateway.desk import ServiceForm

WEEKDAYS = [
    ("1", _("Mon")), ("2", _("Tue")), ("3", _("Wed")), ("4", _("Thu")), ("5", _("Fri")),
    ("6", _("Sat")), ("7", _("Sun")),
]  # fmt: skip
TYPED_OTHERWISE = frozenset({"origin", "destination", "departs", "arrives", "starts_on", "ends_on", "days"})
"""Columns with a field of their own below."""
SEPARATOR = "+"
"""Between airplanes that take turns."""
Slots = dict[str, tuple[str, FareFamily]]


def _airport(name: str) -> forms.CharField:
    field = Schedule._meta.get_field(name)  # noqa: SLF001 -- Django's documented name
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": "DEL"})
    return forms.CharField(label=capfirst(field.verbose_name), min_length=3, max_length=3, widget=widget)  # type: ignore[union-attr]


def _clock(name: str) -> forms.TimeField:
    field = Schedule._meta.get_field(name)  # noqa: SLF001 -- likewise
    widget = UnfoldAdminTextInputWidget(attrs={"type": "time"})
    return forms.TimeField(label=capfirst(field.verbose_name), help_text=field.help_text, widget=widget)  # type: ignore[union-attr]


def _day(name: str, help_text: Any = "", *, required: bool = True) -> forms.DateField:
    field = Schedule._meta.get_field(name)  # noqa: SLF001 -- likewise
    widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    return forms.DateField(label=capfirst(field.verbose_name), help_text=help_text, required=required, widget=widget)  # type: ignore[union-attr]


class ScheduleForm(ServiceForm[Schedule]):
    """What a planner types; `pattern` is what it says."""

    slots: ClassVar[Slots] = {}
    origin, destination = _airport("origin"), _airport("destination")
    departs, arrives = _clock("departs"), _clock("arrives")
    starts_on = _day(
        "starts_on",
        _("Of a schedule that is changed, a later day: it is split, and what leaves before stays as it is."),
    )
    ends_on = _day("ends_on", _("Empty: until further notice."), required=False)
    days = forms.MultipleChoiceField(
        label=capfirst(_("days")),
        choices=WEEKDAYS,
        initial=list(DAILY),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    airplanes = forms.CharField(
        label=capfirst(_("airplanes")),
        required=False,
        help_text=_("Registrations, in turn by the day: VT-KWA + VT-KWB. Empty: any of the type that is free."),
        widget=UnfoldAdminTextInputWidget(),
    )
    weekday_percents = SimpleArrayField(
        forms.IntegerField(min_value=1, max_value=1000),
        label=capfirst(_("fares by weekday, %")),
        initial=unchanged,
        help_text=_("Of the references, from Monday to Sunday."),
        min_length=7,
        max_length=7,
        widget=UnfoldAdminTextInputWidget(),
    )

    class Meta:
        model = Schedule
        fields: ClassVar = [name for name in COLUMNS if name not in TYPED_OTHERWISE]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["days"] = list(self.instance.days)
        if not self.instance._state.adding:  # noqa: SLF001 -- Django's documented name
            self._show_rows()

    def _show_rows(self) -> None:
        """Airplanes and fares, which have rows of their own."""
        rotation = self.instance.rotation.select_related("airplane")
        self.initial["airplanes"] = f" {SEPARATOR} ".join(row.airplane.registration for row in rotation)
        amounts = {(fare.cabin, fare.family_id): fare.reference_amount for fare in self.instance.fares.all()}
        self.initial.update({name: amounts.get((cabin, family.pk)) for name, (cabin, family) in self.slots.items()})

    def clean_number(self) -> str:
        return str(self.cleaned_data["number"]).upper()

    def clean_origin(self) -> Airport:
        return self._airport_of("origin")

    def clean_destination(self) -> Airport:
        return self._airport_of("destination")

    def _airport_of(self, name: str) -> Airport:
        code = str(self.cleaned_data[name]).upper()
        airport = Airport.objects.filter(iata=code).first()
        if airport is None:
            raise forms.ValidationError(_("There is no airport %(name)s."), params={"name": code})
        return airport

    def clean_days(self) -> str:
        return "".join(sorted(self.cleaned_data["days"]))

    def clean_airplanes(self) -> tuple[Airplane, ...]:
        named = [each.strip().upper() for each in self.cleaned_data["airplanes"].split(SEPARATOR) if each.strip()]
        known = {airplane.registration: airplane for airplane in Airplane.objects.filter(registration__in=named)}
        unknown = [each for each in named if each not in known]
        if unknown:
            raise forms.ValidationError(_("There is no airplane %(name)s."), params={"name": unknown[0]})
        return tuple(known[each] for each in named)

    def pattern(self, was: Pattern | None) -> Pattern:
        """What was typed; of a schedule that is there, number and route stay."""
        typed = {name: self.cleaned_data[name] for name in COLUMNS if name in self.cleaned_data}
        typed["weekday_percents"] = tuple(self.cleaned_data["weekday_percents"])
        typed["airplanes"] = self.cleaned_data["airplanes"]
        typed["fares"] = tuple(
            PatternFare(cabin, family, amount)
            for name, (cabin, family) in self.slots.items()
            if (amount := self.cleaned_data[name]) is not None
        )
        return replace(was, **typed) if was else Pattern(**typed)


def fare_slots() -> Slots:
    """The name of the field for each family in each class that an airplane has."""
    fitted = set(Cabin.objects.order_by().values_list("cabin", flat=True).distinct())
    families = list(FareFamily.objects.all())
    return {
        f"fare_{cabin}_{family.pk}": (cabin, family)
        for cabin in CabinClass.values
        if cabin in fitted
        for family in families
    }


def schedule_form(slots: Slots, *, is_new: bool) -> type[ScheduleForm]:
    """The form with a field for each of `slots`; the route is typed for a new one only."""
    fields: dict[str, Any] = {
        name: forms.DecimalField(
            label=family.name,
            min_value=0,
            max_digits=10,
            decimal_places=2,
            required=False,
            widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
        )
        for name, (_cabin, family) in slots.items()
    }
    route = {} if is_new else dict.fromkeys(("origin", "destination"))
    return type("ScheduleForm", (ScheduleForm,), fields | route | {"slots": slots})
