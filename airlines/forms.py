"""What a search asks, checked in one place for the page and the API."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from airlines.models import CabinClass, FareFamily, Flight
from airlines.services.places import Place, find_place
from airlines.services.pricing import Party
from airlines.services.search import SearchQuery, SliceQuery
from flights_project.lib import clock

FURTHEST_AHEAD = timedelta(days=361)
"""No airline sells a flight earlier than this; counts where nothing is on sale yet."""


class PlaceField(forms.CharField):
    """An airport or city by code or name; cleans to a `Place`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        if not words:
            return None
        place = find_place(words)
        if place is None:
            raise forms.ValidationError(
                _("We know no airport or city called “%(words)s”. Try its name or three-letter code."),
                code="unknown_place",
                params={"words": words},
            )
        return place


class SearchForm(forms.Form):
    """A one-way or return search. `query()` is what the search service takes."""

    SORTS = [
        ("best", _("Best")),
        ("price", _("Cheapest")),
        ("duration", _("Fastest")),
        ("departure", _("Earliest")),
    ]

    origin = PlaceField(label=_("From"))
    destination = PlaceField(label=_("To"))
    depart_on = forms.DateField(label=_("Depart"), input_formats=["%Y-%m-%d"])
    return_on = forms.DateField(label=_("Return"), input_formats=["%Y-%m-%d"], required=False)
    adults = forms.IntegerField(label=_("Adults"), min_value=1, max_value=9, required=False)
    children = forms.IntegerField(label=_("Children"), min_value=0, max_value=8, required=False)
    infants = forms.IntegerField(label=_("Infants"), min_value=0, max_value=4, required=False)
    cabin = forms.ChoiceField(label=_("Cabin"), choices=CabinClass.choices, required=False)
    family = forms.ModelChoiceField(
        label=_("Fare"), queryset=FareFamily.objects.all(), to_field_name="code", required=False
    )
    airline = forms.RegexField(r"^[A-Z0-9]{2}\Z", label=_("Airline"), required=False)
    max_stops = forms.IntegerField(label=_("Stops at most"), min_value=0, max_value=2, required=False)
    max_price = forms.DecimalField(
        label=_("Price at most"), min_value=0, max_digits=10, decimal_places=2, required=False
    )
    depart_after = forms.TimeField(label=_("Depart after"), input_formats=["%H:%M"], required=False)
    depart_before = forms.TimeField(label=_("Depart before"), input_formats=["%H:%M"], required=False)
    sort = forms.ChoiceField(label=_("Sort by"), choices=SORTS, required=False)

    def __init__(self, *args: Any, now: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now or timezone.now()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_route(cleaned.get("origin"), cleaned.get("destination"))
        self._check_dates(cleaned.get("origin"), cleaned.get("depart_on"), cleaned.get("return_on"))
        self._check_party()
        return cleaned

    def query(self, *, outbound: tuple[int, ...] = ()) -> SearchQuery:
        """The search that was asked for; the form must be valid. `outbound` keeps one chosen first flight."""
        asked = self.cleaned_data
        there, back = asked["origin"], asked["destination"]
        slices = [SliceQuery(origin=there, destination=back, depart_on=asked["depart_on"])]
        if asked["return_on"]:
            slices.append(SliceQuery(origin=back, destination=there, depart_on=asked["return_on"]))
        return SearchQuery(
            slices=tuple(slices),
            party=self.party,
            cabin=asked["cabin"] or CabinClass.ECONOMY,
            family=asked["family"].code if asked["family"] else "",
            airline=asked["airline"],
            max_stops=asked["max_stops"],
            max_price=asked["max_price"],
            depart_after=asked["depart_after"],
            depart_before=asked["depart_before"],
            sort=asked["sort"] or "best",
            outbound=outbound,
        )

    @property
    def party(self) -> Party:
        adults = self.cleaned_data.get("adults")
        return Party(
            adults=1 if adults is None else adults,
            children=self.cleaned_data.get("children") or 0,
            infants=self.cleaned_data.get("infants") or 0,
        )

    def _check_route(self, origin: Place | None, destination: Place | None) -> None:
        if origin and destination and set(origin.airport_ids) & set(destination.airport_ids):
            self.add_error("destination", _("You leave from there. Choose another place to fly to."))

    def _check_dates(self, origin: Place | None, depart_on: date | None, return_on: date | None) -> None:
        if depart_on is None:
            return
        today = clock.local_date(self.now, origin.airports[0].zone if origin else "UTC")
        last_day = Flight.objects.last_day_on_sale() or today + FURTHEST_AHEAD
        for field, day in (("depart_on", depart_on), ("return_on", return_on)):
            if day is not None and day < today:
                self.add_error(field, _("This day has passed."))
            elif day is not None and day > last_day:
                self.add_error(field, _("Flights are on sale until %(day)s.") % {"day": f"{last_day:%-d %B %Y}"})
        if return_on is not None and return_on < depart_on:
            self.add_error("return_on", _("You cannot fly back before you leave."))

    def _check_party(self) -> None:
        party = self.party
        if party.infants > party.adults and "infants" not in self.errors:
            self.add_error("infants", _("Each infant sits on an adult's lap: there are more infants than adults."))
        if party.travellers > settings.TRAVELLERS_PER_BOOKING and "adults" not in self.errors:
            self.add_error(
                "adults",
                _("A booking is for %(count)d travellers at most.") % {"count": settings.TRAVELLERS_PER_BOOKING},
            )
