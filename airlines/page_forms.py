"""The search as the page asks it: the fields that a browser shows, and the steps of a journey of several slices.

What is right and wrong is said by `forms.read_search`, as for the API.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from django import forms
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from airlines.forms import read_search
from airlines.models import Cabin, CabinClass
from airlines.parameters import ROWS
from airlines.services.filters import BANDS, Counts
from airlines.services.ranking import Sort
from airlines.services.reference import current, last_day_on_sale
from flights_project.lib import clock
from flights_project.lib.errors import InvalidRequest

ANYWHERE_STILL = timedelta(hours=12)
"""Where the date line is, it is still the day that it was this long ago at Greenwich."""
PLACES_LISTED = 200
OF_THE_STEP = ("depart_after", "depart_before", "arrive_after", "arrive_before", "via", "cursor")
"""Parameters that are of one slice only: choosing a flight leaves them behind."""
CARDS_ON_A_PAGE = 20
ALWAYS_SHOWN = 2
"""Flights of a journey of several that have fields without being asked for."""
FURTHER = frozenset(str(number) for number in range(ALWAYS_SHOWN + 1, len(ROWS) + 1))
ONE_ADULT = {"adults": "1", "children": "0", "infants": "0", "cabin": CabinClass.ECONOMY.value}


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, str]) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


PLACE = {
    "list": "places",
    "placeholder": _("City or airport"),
    "autocomplete": "off",
    "autocapitalize": "words",
    "spellcheck": "false",
}


def _text(label: Any, widget: forms.Widget | None = None, help_text: Any = "") -> forms.CharField:
    """A field of which `read_search` says what is right."""
    return forms.CharField(label=label, required=False, widget=widget or forms.TextInput, help_text=help_text)


def _numbers(first: int, last: int) -> forms.Select:
    return forms.Select(choices=[(number, number) for number in range(first, last + 1)])


def _whole_number() -> forms.NumberInput:
    return forms.NumberInput({"inputmode": "numeric", "step": 1, "min": 0})


class Band(NamedTuple):
    """A part of the day: hours, how many fares it leaves, and the search for them."""

    after: str
    before: str
    leaves: int
    url: str


class FilterFields(forms.Form):
    """What results are sorted and filtered by, with what each choice would leave."""

    sort = _text(
        _("Sort by"),
        forms.RadioSelect(
            choices=[
                (Sort.BEST, _("Best")),
                (Sort.PRICE, _("Cheapest")),
                (Sort.DURATION, _("Fastest")),
                (Sort.DEPARTURE, _("Earliest departure")),
                (Sort.ARRIVAL, _("Earliest arrival")),
            ]
        ),
    )
    max_stops = _text(_("Stops"), forms.RadioSelect())
    family = _text(_("Fare"), forms.RadioSelect())
    refundable = forms.BooleanField(label=_("Refundable"), required=False)
    bag = forms.BooleanField(label=_("With a checked bag"), required=False)
    min_price = _text(_("Price at least"), _whole_number())
    max_price = _text(_("Price at most"), _whole_number())
    depart_after = _text(_("Depart after"), TimeInput())
    depart_before = _text(_("Depart before"), TimeInput())
    arrive_after = _text(_("Arrive after"), TimeInput())
    arrive_before = _text(_("Arrive before"), TimeInput())
    max_duration = _text(_("Hours at most"), _whole_number())
    airline = _text(_("Airline"), forms.Select())
    via = _text(_("Change flights at"), forms.Select())
    avoid = _text(_("Do not change at"), forms.Select())

    ALWAYS = frozenset({"sort"})
    """What leaves nothing out."""
    STOPS = {0: _("Direct only"), 1: _("1 stop at most"), 2: _("2 stops at most")}

    def show_counts(self, counts: Counts | None = None) -> None:
        """Let each choice say how many fares it leaves."""
        tables = counts.by_filter if counts else {}
        stops, families = tables.get("max_stops", {}), tables.get("family", {})
        self._choose(
            "max_stops", _("As few as possible"), [(n, words, stops.get(n)) for n, words in self.STOPS.items()]
        )
        self._choose(
            "family",
            _("All fares"),
            [(each.code, each.name, families.get(each.code, 0)) for each in current().families.values()],
        )
        for name, words in (("airline", _("All airlines")), ("via", _("Anywhere")), ("avoid", _("None"))):
            there = tables.get("via" if name == "avoid" else name, {})
            self._choose(name, words, [(value, value, count) for value, count in sorted(there.items())])
        for name in ("refundable", "bag"):
            if counts:
                self[name].label = _counted(self.fields[name].label, tables[name].get(True, 0))
        self.has_several_airlines = len(tables.get("airline", {})) > 1 or bool(self.data.get("airline"))
        self.has_connections = any(tables.get("via", {})) or bool(self.data.get("via") or self.data.get("avoid"))
        self.depart_bands = self._bands("depart", tables)
        self.arrive_bands = self._bands("arrive", tables)

    def _bands(self, name: str, tables: Mapping[str, Mapping[Any, int]]) -> list[Band]:
        """Parts of the day that would leave something."""
        bands = []
        for index, count in sorted(tables.get(name, {}).items()):
            first, last = (clock.hour(minute) for minute in (BANDS[index][0], BANDS[index][1] - 1))
            bands.append(
                Band(first, last, count, self.url_with({f"{name}_after": first, f"{name}_before": last, "cursor": ""}))
            )
        return bands

    def in_use(self) -> list[tuple[Any, str]]:
        """The filters that leave something out: in words, and the search without each."""
        return [
            (self._in_words(name), self.url_with({name: "", "cursor": ""}))
            for name in FilterFields.base_fields
            if name not in self.ALWAYS and self.data.get(name)
        ]

    def _in_words(self, name: str) -> Any:
        field, value = FilterFields.base_fields[name], self.data[name]
        if isinstance(field, forms.BooleanField):
            return field.label
        if name == "max_stops":
            return next((words for stops, words in self.STOPS.items() if str(stops) == value), value)
        if name == "family":
            return next((each.name for each in current().families.values() if each.code == value), value)
        return _("%(label)s: %(value)s") % {"label": field.label, "value": value}

    def url_with(self, changes: Mapping[str, str]) -> str:
        """This search with other parameters."""
        asked = {name: value for name, value in {**dict(self.data.items()), **changes}.items() if value}
        return f"?{urlencode(asked)}"

    def _choose(self, name: str, everything: Any, choices: list[tuple[Any, Any, int | None]]) -> None:
        kept = self.data.get(name, "")
        if kept and kept not in {str(value) for value, _words, _count in choices}:
            choices = [*choices, (kept, kept, None)]
        counts_are_of_it = name != "avoid"
        offered = [
            (value, _counted(words, count) if count is not None and counts_are_of_it else words)
            for value, words, count in choices
        ]
        self.fields[name].widget.choices = [("", everything), *offered]


def _counted(words: Any, count: int) -> str:
    return _("%(words)s (%(count)d)") % {"words": words, "count": count}


class SearchPageForm(FilterFields):
    """A search from the page. `chosen` are the flights of the slices that are decided."""

    ONE_WAY, RETURN, MULTI = "oneway", "return", "multi"

    trip = forms.ChoiceField(
        label=_("Trip"),
        choices=[(RETURN, _("Return")), (ONE_WAY, _("One-way")), (MULTI, _("Several flights"))],
        widget=forms.RadioSelect,
        required=False,
    )
    origin = _text(_("From"), forms.TextInput(PLACE))
    destination = _text(_("To"), forms.TextInput(PLACE))
    depart_on = _text(_("Depart"))
    return_on = _text(pgettext_lazy("way back", "Return"))
    adults = _text(_("Adults"), _numbers(1, 9), _("12 or older"))
    children = _text(_("Children"), _numbers(0, 8), _("2 to 11"))
    infants = _text(_("Infants"), _numbers(0, 4), _("Under 2"))
    cabin = _text(_("Cabin"))
    nearby = forms.BooleanField(label=_("Nearby airports too"), required=False)
    chosen = _text(_("Chosen flights"), forms.HiddenInput())

    def __init__(
        self,
        asked: Mapping[str, Any] | None = None,
        *,
        now: datetime | None = None,
        remembered: str = "",
        flights: str = "",
    ) -> None:
        """`remembered` is the search to begin with, `flights` how many of a journey of several have fields."""
        self.now = now or timezone.now()
        self.flights = int(flights) if flights in FURTHER else ALWAYS_SHOWN
        self.first_day = first_day = (self.now - ANYWHERE_STILL).date()
        initial = ONE_ADULT | {"trip": self.RETURN}
        super().__init__(_complete(asked), initial=initial | _still_to_come(remembered, first_day))
        on_sale = {name: str(day) for name, day in (("min", first_day), ("max", last_day_on_sale())) if day}
        for name in ("depart_on", "return_on"):
            self.fields[name].widget = DateInput(on_sale)
        self.fields["cabin"].widget = forms.Select(choices=cabins_flown())
        for number, (origin, destination, day) in enumerate(ROWS[1:], start=2):
            self.fields[origin] = _text(_("Flight %(number)d from") % {"number": number}, forms.TextInput(PLACE))
            self.fields[destination] = _text(_("Flight %(number)d to") % {"number": number}, forms.TextInput(PLACE))
            self.fields[day] = _text(_("Flight %(number)d departs") % {"number": number}, DateInput(on_sale))

        self.show_counts()

    def clean(self) -> dict[str, Any]:
        """Leaves `query` and `page` where everything is right, else says what is wrong with which field."""
        try:
            self.query, self.page = read_search(self._asked(), now=self.now)
        except InvalidRequest as error:
            for name, messages in error.errors.items():
                self.add_error(name if name in self.fields else None, messages)
        trip, asked = self.data.get("trip"), self._asked()
        if trip == self.RETURN and not asked.get("return_on"):
            self.add_error("return_on", _("Choose the day you fly back, or a one-way trip."))
        if trip == self.MULTI and not any(asked.get(name) for name in ROWS[1]):
            self.add_error(ROWS[1][0], _("Enter your second flight, or choose a one-way trip."))
        return self.cleaned_data

    def _asked(self) -> dict[str, str]:
        """What was sent, without what the kind of trip has no use for, and page by page."""
        asked = {name: str(value).strip() for name, value in self.data.items()}
        trip = asked.get("trip")
        left_out = set() if trip == self.RETURN else {"return_on"}
        if trip != self.MULTI:
            left_out |= {name for row in ROWS[1:] for name in row}
        return {name: text for name, text in asked.items() if name not in left_out} | {
            "page_size": str(CARDS_ON_A_PAGE)
        }

    @property
    def more_slices(self) -> list[list[forms.BoundField]]:
        """The fields of the second slice of a journey of several, and of all up to the last that is entered."""
        entered = [number for number, row in enumerate(ROWS, start=1) if any(self[name].value() for name in row)]
        return [[self[name] for name in row] for row in ROWS[1 : max([self.flights, *entered])]]

    @property
    def one_more_flight(self) -> int | None:
        """How many flights there would be with one more; None where there are as many as a journey has."""
        flights = len(self.more_slices) + 2
        return flights if flights <= len(ROWS) else None

    @property
    def travellers(self) -> int:
        """How many people the form says, as far as these are numbers."""
        said = [str(self[name].value()) for name in ("adults", "children", "infants")]
        return sum(int(number) for number in said if number.isdecimal())

    @property
    def cabin_chosen(self) -> str:
        return str(dict(CabinClass.choices).get(self["cabin"].value(), CabinClass.ECONOMY.label))

    @property
    def party_has_errors(self) -> bool:
        return any(self[name].errors for name in ("adults", "children", "infants", "cabin"))

    @property
    def to_remember(self) -> str:
        """What the next visit begins with: this search without what was chosen, sorted and filtered."""
        left_out = {*FilterFields.base_fields, "cursor", "chosen"}
        return urlencode(
            [(name, value) for name, value in self._asked().items() if value and name in self.fields.keys() - left_out]
        )

    @property
    def cabin_name(self) -> str:
        return str(CabinClass(self.query.cabin).label)

    @property
    def step(self) -> int:
        """Which slice is being chosen, from 0."""
        return len(self.query.chosen)

    @property
    def chosen_before(self) -> str:
        """What `chosen` begins with once the next slice is chosen too."""
        return "".join("-".join(map(str, flights)) + "," for flights in self.query.chosen)

    @property
    def one_step_back(self) -> str:
        """`chosen` without the slice that was chosen last."""
        return self.chosen_before.rstrip(",").rpartition(",")[0]

    @property
    def is_last_step(self) -> bool:
        return self.step == len(self.query.slices) - 1

    @property
    def is_return(self) -> bool:
        return self.data.get("trip") == self.RETURN

    def kept(self) -> list[tuple[str, str]]:
        """What the filters' form sends along."""
        left_out = {*FilterFields.base_fields, "cursor"}
        return [(name, value) for name, value in self.data.items() if name not in left_out]

    @property
    def has_filters(self) -> bool:
        """Whether something leaves out flights that the search would have found."""
        names = FilterFields.base_fields.keys() - {"sort"}
        return any(self.data.get(name) for name in names - ({"family"} if self.step else set()))

    def neighbour_days(self) -> list[tuple[str, date]]:
        """The day before and the day after that can be searched too, each with where that is."""
        slices, step = self.query.slices, self.step
        day = slices[step].depart_on
        first = slices[step - 1].depart_on if step else self.first_day
        days_after = [last for last in (last_day_on_sale(), *(part.depart_on for part in slices[step + 1 :])) if last]
        name = "return_on" if self.is_return and step else ROWS[step][2]
        days = [day - timedelta(days=1), day + timedelta(days=1)]
        wanted = [other for other in days if first <= other and all(other <= last for last in days_after)]
        return [(self.url_with({name: other.isoformat(), "cursor": ""}), other) for other in wanted]

    @property
    def with_nearby(self) -> str:
        """The same search with nearby airports too; nothing where it has them already."""
        return "" if self.query.nearby else self.url_with({"nearby": "on", "cursor": "", "chosen": ""})

    @property
    def without_filters(self) -> str:
        return self.url_with(dict.fromkeys([*FilterFields.base_fields.keys() - {"sort"}, "cursor"], ""))


def _complete(asked: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A link that does not say who travels means one adult in economy; the kind of trip is what its parameters make."""
    if asked is None:
        return None
    said = ONE_ADULT | {name: value for name, value in asked.items() if value or name not in ONE_ADULT}
    if said.get("trip"):
        return said
    trip = SearchPageForm.ONE_WAY
    if said.get("return_on"):
        trip = SearchPageForm.RETURN
    elif any(said.get(name) for name in ROWS[1]):
        trip = SearchPageForm.MULTI
    return said | {"trip": trip}


def _still_to_come(remembered: str, first_day: date) -> dict[str, str]:
    """An earlier search as a form begins with it: without days that have passed since."""
    known = {*SearchPageForm.base_fields, *(name for row in ROWS[1:] for name in row)} - {*FilterFields.base_fields}
    days = {"return_on", *(day for _origin, _destination, day in ROWS)}
    try:
        asked = dict(parse_qsl(remembered, max_num_fields=2 * len(known)))
    except ValueError:
        return {}
    return {
        name: text for name, text in asked.items() if name in known and not (name in days and text < str(first_day))
    }


def cabins_flown() -> list[tuple[str, str]]:
    """Only what some airplane has; all of them where there is no airplane yet."""
    flown = set(Cabin.objects.values_list("cabin", flat=True).distinct())
    return [(value, str(label)) for value, label in CabinClass.choices if value in flown or not flown]


def listed_places() -> list[tuple[str, str]]:
    """For browsers without scripts: (what to enter, what it is) of every airport, city by city."""
    airports = sorted(current().airports.values(), key=lambda airport: (airport.city.name, airport.iata))
    return [(f"{airport.city.name} ({airport.iata})", airport.name) for airport in airports[:PLACES_LISTED]]
