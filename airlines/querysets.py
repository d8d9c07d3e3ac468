"""Questions about what is for sale, as phrases."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value

from airlines.states import FOR_SALE

if TYPE_CHECKING:
    from airlines.models import Airplane, Airport, Flight, FlightCabin, FlightFare, Schedule  # noqa: F401 -- the querysets' parameters


class AirportQuerySet(models.QuerySet["Airport"]):
    def at_place(self, code: str) -> Self:
        """The airports that a code means: the airport itself, or all of the city's."""
        return self.filter(Q(iata=code) | Q(city__code=code))

    def called(self, words: str) -> Self:
        """The airports among whose words all of these are, whole and in any order. Nothing is called by no word."""
        typed = Func(Value(words), function="place_words")
        return (
            self.alias(typed=_listed(typed), known=_listed(F("words__words")))
            .exclude(typed=[])
            .filter(known__contains=F("typed"))
        )


def _listed(words: Func | F) -> Func:
    """Words with a space before each, as triggers keep them, one by one."""
    without_the_first_space = Func(words, function="ltrim")
    return Func(
        without_the_first_space,
        Value(" "),
        function="string_to_array",
        output_field=ArrayField(models.TextField()),
    )


class FlightQuerySet(models.QuerySet["Flight"]):
    def with_places(self) -> Self:
        return self.select_related("origin__city", "destination__city")

    def with_inventory(self) -> Self:
        """With cabins and fares, in a number of queries that does not grow."""
        return self.prefetch_related("cabins__fares__family", "cabins__fares__flight_cabin")

    def open_for_sale(self, now: datetime) -> Self:
        """Neither cancelled nor gone, and not within the minutes before departure in which sale is closed."""
        return self.filter(status__in=FOR_SALE, departs_at__gt=now + settings.SALE_CLOSES_BEFORE_DEPARTURE)

    def flown_by(self, airplane: "Airplane", *, start: datetime, end: datetime) -> Self:
        """Those that keep `airplane` in the air at some time between two instants."""
        return self.filter(airplane=airplane, status__in=FOR_SALE, departs_at__lt=end, arrives_at__gt=start)

    def last_day_on_sale(self) -> date | None:
        """The last local date that any flight on sale leaves on."""
        flight = self.filter(status__in=FOR_SALE).order_by("-departs_on").only("departs_on").first()
        return flight.departs_on if flight else None


class FlightCabinQuerySet(models.QuerySet["FlightCabin"]):
    def locked(self) -> "list[FlightCabin]":
        """These rows, locked in primary-key order until the transaction ends; the flight of each comes unlocked."""
        return list(self.select_related("flight").order_by("pk").select_for_update(of=("self",), no_key=True))


class FlightFareQuerySet(models.QuerySet["FlightFare"]):
    def locked(self, *, skip_locked: bool = False) -> Self:
        """These rows, locked in primary-key order until the transaction ends; or those of them that nobody holds."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)

    def on_sale(self, now: datetime) -> Self:
        """Fares of flights that are neither cancelled nor gone nor closed for sale."""
        return self.filter(
            flight_cabin__flight__status__in=FOR_SALE,
            flight_cabin__flight__departs_at__gt=now + settings.SALE_CLOSES_BEFORE_DEPARTURE,
        )

    def for_slice(
        self, *, on: date, origins: Iterable[int], destinations: Iterable[int], cabin: str, seats: int
    ) -> Self:
        """Fares of direct flights on a local date with seats left for a party, with all that an offer needs."""
        return (
            self.filter(
                flight_cabin__flight__departs_on=on,
                flight_cabin__flight__origin__in=list(origins),
                flight_cabin__flight__destination__in=list(destinations),
                flight_cabin__cabin=cabin,
                flight_cabin__capacity__gte=F("flight_cabin__seats_held") + F("flight_cabin__seats_sold") + seats,
            )
            .with_journey()
            .order_by("flight_cabin__flight__departs_at", "flight_cabin__flight__number", "family__position")
        )

    def with_journey(self) -> Self:
        return self.select_related(
            "family", "flight_cabin__flight__origin__city", "flight_cabin__flight__destination__city"
        )


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def locked(self) -> Self:
        """These rows, locked in primary-key order until the transaction ends."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)

    def due(self, horizon: date) -> Self:
        """Those with days until `horizon` that no flights were made for yet."""
        return self.filter(
            Q(made_until__isnull=True)
            | (Q(made_until__lt=horizon) & (Q(ends_on__isnull=True) | Q(ends_on__gt=F("made_until")))),
            starts_on__lte=horizon,
        )

    def with_pattern(self) -> Self:
        """With all that a pattern says, in a number of queries that does not grow."""
        return self.select_related("origin", "destination", "airplane_type").prefetch_related(
            "rotation__airplane", "fares__family"
        )
