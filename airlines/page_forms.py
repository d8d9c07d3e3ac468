"""The search as the page asks it: `SearchForm` as a browser shows it, and the steps of a return trip."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from airlines.forms import SearchForm
from airlines.models import Airport, Cabin, CabinClass, FareFamily, Flight
from airlines.services.search import SearchQuery

ANYWHERE_STILL = timedelta(hours=12)
"""Where the date line is, it is still the day that it was this long ago at Greenwich."""
PLACES_LISTED = 200


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def _numbers(first: int, last: int) -> forms.Select:
    return forms.Select(choices=[(number, number) for number in range(first, last + 1)])


class SearchPageForm(SearchForm):
    """A search from the page. `outbound` is the flight out, once one of a return trip is chosen."""

    ONE_WAY, RETURN = "oneway", "return"

    trip = forms.ChoiceField(
        label=_("Trip"),
        choices=[(RETURN, _("Return")), (ONE_WAY, _("One-way"))],
        widget=forms.RadioSelect,
        required=False,
    )
    outbound = forms.IntegerField(label=_("Outbound flight"), min_value=1, required=False, widget=forms.HiddenInput)

    field_order = ["trip", "origin", "destination", "depart_on", "return_on", "adults", "children", "infants"]

    def __init__(self, asked: Mapping[str, Any] | None = None, *, now: datetime | None = None) -> None:
        initial = {"trip": self.RETURN, "adults": 1, "children": 0, "infants": 0, "cabin": CabinClass.ECONOMY}
        super().__init__(_with_trip(asked), initial=initial, now=now)
        for name in ("origin", "destination"):
            self.fields[name].widget.attrs = {
                "list": "places",
                "placeholder": _("City or airport"),
                "autocomplete": "off",
                "autocapitalize": "words",
                "spellcheck": "false",
            }
        for name, widget in self._widgets().items():
            self.fields[name].widget = widget
        self.fields["adults"].help_text = _("12 or older")
        self.fields["children"].help_text = _("2 to 11")
        self.fields["infants"].help_text = _("Under 2")
        cast("forms.ModelChoiceField[FareFamily]", self.fields["family"]).empty_label = _("All fares")

    def _widgets(self) -> dict[str, forms.Widget]:
        on_sale = {"min": (self.now - ANYWHERE_STILL).date(), "max": Flight.objects.last_day_on_sale()}
        widgets: dict[str, forms.Widget] = {
            "depart_on": DateInput(),
            "return_on": DateInput(),
            "depart_after": TimeInput(),
            "depart_before": TimeInput(),
            "adults": _numbers(1, 9),
            "children": _numbers(0, 8),
            "infants": _numbers(0, 4),
            "cabin": forms.Select(choices=_cabins_flown()),
            "max_price": forms.NumberInput(attrs={"inputmode": "numeric", "step": 1, "min": 0}),
        }
        for name in ("depart_on", "return_on"):
            widgets[name].attrs = {name: str(day) for name, day in on_sale.items() if day}
        return widgets

    def clean(self) -> dict[str, Any]:
        trip = self.cleaned_data.get("trip")
        if trip == self.ONE_WAY:
            self.cleaned_data["return_on"] = None
            self.errors.pop("return_on", None)
        elif trip == self.RETURN and not self.cleaned_data.get("return_on") and "return_on" not in self.errors:
            self.add_error("return_on", _("Choose the day you fly back, or a one-way trip."))
        return super().clean()

    @property
    def cabin_name(self) -> str:
        return str(CabinClass(self.cleaned_data["cabin"] or CabinClass.ECONOMY).label)

    @property
    def is_return(self) -> bool:
        return bool(self.cleaned_data["return_on"])

    @property
    def chosen_outbound(self) -> int | None:
        return self.cleaned_data["outbound"] if self.is_return else None

    def page_query(self) -> SearchQuery:
        """The search, with the chosen flight out where there is one."""
        chosen = self.chosen_outbound
        return self.query(outbound=(chosen,) if chosen else ())

    @property
    def has_filters(self) -> bool:
        """Whether something leaves out flights that the search would have found."""
        names = ("max_price", "depart_after", "depart_before", "airline")
        return any(self.cleaned_data[name] for name in names) or (
            bool(self.cleaned_data["family"]) and not self.chosen_outbound
        )

    def neighbour_days(self) -> list[tuple[str, date]]:
        """The day before and the day after that can be searched too: the parameter to change, and the day."""
        name = "return_on" if self.chosen_outbound else "depart_on"
        day: date = self.cleaned_data[name]
        first = self.cleaned_data["depart_on"] if self.chosen_outbound else (self.now - ANYWHERE_STILL).date()
        last = Flight.objects.last_day_on_sale()
        back = self.cleaned_data["return_on"]
        if back and not self.chosen_outbound:
            last = min(last, back) if last else back
        days = [day - timedelta(days=1), day + timedelta(days=1)]
        return [(name, other) for other in days if first <= other and (last is None or other <= last)]


def _with_trip(asked: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A link that does not name the kind of trip means the one that its dates make."""
    if asked is None or "trip" in asked:
        return asked
    trip = SearchPageForm.RETURN if asked.get("return_on") else SearchPageForm.ONE_WAY
    return dict(asked.items()) | {"trip": trip}


def _cabins_flown() -> list[tuple[str, str]]:
    """Only what some airplane has; all of them where there is no airplane yet."""
    flown = set(Cabin.objects.values_list("cabin", flat=True).distinct())
    return [(value, str(label)) for value, label in CabinClass.choices if value in flown or not flown]


def listed_places() -> list[tuple[str, str]]:
    """For browsers without scripts: (what to enter, what it is) of every airport, city by city."""
    airports = Airport.objects.select_related("city").order_by("city__name", "iata")[:PLACES_LISTED]
    return [(f"{airport.city.name} ({airport.iata})", airport.name) for airport in airports]
