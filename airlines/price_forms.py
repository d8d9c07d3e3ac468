"""Questions of lowest prices, checked in one place for the page and the API."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from airlines.models import CabinClass, Country
from airlines.parameters import PARAMETERS, Wrong
from airlines.services.places import Place
from airlines.services.price_alerts import Wish
from airlines.services.reference import last_day_on_sale
from flights_project.lib import clock

MONTH = re.compile(r"\d{4}-\d{2}\Z", re.ASCII)
FURTHEST_AHEAD = timedelta(days=361)
"""As for a search: counts where nothing is on sale yet."""


class PlaceField(forms.CharField):
    """An airport or city by code or name, read as a search reads it; cleans to a `Place`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def clean(self, value: Any) -> Any:
        words = super().clean(value)
        if not words:
            return None
        try:
            return PARAMETERS["origin"](words)
        except Wrong as wrong:
            raise forms.ValidationError(str(wrong), code="unknown_place") from wrong


class MonthField(forms.CharField):
    """`2026-12`; cleans to the first day of the month."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return date.fromisoformat(f"{text}-01") if MONTH.match(text) else self._refuse()
        except ValueError:
            self._refuse()

    def _refuse(self) -> None:
        raise forms.ValidationError(_("Enter a month such as 2026-12."), code="invalid_month")


class PriceForm(forms.Form):
    """What all of these questions ask: from where, in which cabin, on days that are on sale."""

    origin = PlaceField(label=_("From"))
    cabin = forms.ChoiceField(label=_("Cabin"), choices=CabinClass.choices, required=False)

    def __init__(self, *args: Any, now: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now or timezone.now()

    @property
    def chosen_cabin(self) -> str:
        return self.cleaned_data.get("cabin") or CabinClass.ECONOMY.value

    @property
    def today(self) -> date:
        """Where the journey begins, as far as that is known."""
        origin: Place | None = self.cleaned_data.get("origin")
        return clock.local_date(self.now, origin.airports[0].zone if origin else "UTC")

    def last_day(self) -> date:
        return last_day_on_sale() or self.today + FURTHEST_AHEAD

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        origin, destination = cleaned.get("origin"), cleaned.get("destination")
        if origin and destination and set(origin.airport_ids) & set(destination.airport_ids):
            self.add_error("destination", _("You leave from there. Choose another place to fly to."))
        return cleaned

    def check_day(self, name: str, *, first: date | None = None) -> None:
        """A day that has passed or is not on sale yet is wrong; `first` is the first that is not."""
        day = self.cleaned_data.get(name)
        if day is None:
            return
        if day < (first or self.today):
            self.add_error(name, _("This day has passed.") if first is None else _("This month has passed."))
        elif day > self.last_day():
            words = _("Flights are on sale until %(day)s.") % {"day": date_format(self.last_day(), "j F Y")}
            self.add_error(name, words)


class CalendarForm(PriceForm):
    """The lowest price of each day of a month."""

    destination = PlaceField(label=_("To"))
    month = MonthField(label=_("Month"))

    field_order = ["origin", "destination", "month", "cabin"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.check_day("month", first=self.today.replace(day=1))
        return cleaned


class DaysForm(CalendarForm):
    """A month to choose a day from; what is not entered yet is no fault."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("origin", "destination", "month"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        return PriceForm.clean(self)

    @property
    def first_day(self) -> date:
        """Its first day; of this month where none is named."""
        return self.cleaned_data.get("month") or self.today.replace(day=1)


class FlexibleForm(PriceForm):
    """The lowest prices of a return, three days around each of two days."""

    destination = PlaceField(label=_("To"))
    depart_on = forms.DateField(label=_("Depart"), input_formats=["%Y-%m-%d"])
    return_on = forms.DateField(label=pgettext_lazy("way back", "Return"), input_formats=["%Y-%m-%d"])

    field_order = ["origin", "destination", "depart_on", "return_on", "cabin"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("depart_on", "return_on"):
            self.check_day(name)
        out, back = cleaned.get("depart_on"), cleaned.get("return_on")
        if out and back and back < out and "return_on" not in self.errors:
            self.add_error("return_on", _("You cannot fly back before you leave."))
        return cleaned


class AnywhereForm(PriceForm):
    """Where one can go, by price: in a month, or on a day."""

    month = MonthField(label=_("Month"), required=False)
    depart_on = forms.DateField(label=_("Depart"), input_formats=["%Y-%m-%d"], required=False)
    country = forms.CharField(label=_("Country"), max_length=2, required=False)

    field_order = ["origin", "month", "depart_on", "cabin", "country"]

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).upper()
        if code and not Country.objects.filter(code=code).exists():
            raise forms.ValidationError(_("We know no country of this code. It has two letters (ISO 3166-1)."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.check_day("month", first=self.today.replace(day=1))
        self.check_day("depart_on")
        if cleaned.get("month") and cleaned.get("depart_on"):
            self.add_error("depart_on", _("Send a month or a day, one of the two."))
        elif not (cleaned.get("month") or cleaned.get("depart_on") or {"month", "depart_on"} & self.errors.keys()):
            self.add_error("month", _("Send a month or a day, one of the two."))
        return cleaned

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day that may be left on."""
        day, month = self.cleaned_data["depart_on"], self.cleaned_data["month"]
        return (day, day) if day else (month, month_end(month))


class FollowForm(FlexibleForm):
    """A price to follow: of a way, or of a way there and back, below a limit or by a percentage."""

    limit = forms.DecimalField(
        label=_("Tell me below"),
        help_text=_("The price of one adult, taxes included."),
        min_value=1,
        max_digits=10,
        decimal_places=2,
        required=False,
    )
    percent = forms.IntegerField(
        label=_("Tell me when it falls by, %"),
        help_text=_("From what it costs now."),
        min_value=1,
        max_value=90,
        required=False,
    )

    field_order = ["origin", "destination", "depart_on", "return_on", "cabin", "limit", "percent"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["return_on"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not (cleaned.get("limit") or cleaned.get("percent") or {"limit", "percent"} & self.errors.keys()):
            self.add_error("limit", _("Say what to wait for: a price, a percentage, or both."))
        return cleaned

    @property
    def wish(self) -> Wish:
        asked = {name: value for name, value in self.cleaned_data.items() if name != "cabin"}
        return Wish(**asked, cabin=self.chosen_cabin)


def month_end(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return next_month(first) - timedelta(days=1)


def next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
