"""A search on the wire: its parameters, results, pages and counts, as OpenAPI describes them."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from airlines.api.offers import OfferSerializer
from airlines.parameters import MOST_HOURS, PAGE_AT_MOST
from airlines.services.filters import BANDS, Counts
from airlines.services.ranking import Sort
from flights_project.gateway.api.fields import MoneyField
from flights_project.lib import clock
from flights_project.lib.money import of_hundredths, on_the_wire

DATE = {"type": "string", "format": "date"}
AMOUNT = {"type": "string", "format": "decimal"}
HOUR = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}


def _number(least: int, most: int, default: int | None = None) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most} | ({} if default is None else {"default": default})


SEARCH_PARAMETERS = [
    OpenApiParameter("origin", str, description="Airport or city code; required without `slices`."),
    OpenApiParameter("destination", str, description="Airport or city code; required without `slices`."),
    OpenApiParameter("depart_on", DATE, description="Local date; required without `slices`."),
    OpenApiParameter("return_on", DATE, description="For a return journey."),
    OpenApiParameter(
        "slices", str, description="A journey of up to six, instead: `DEL-BOM:2026-12-05,BOM-GOI:2026-12-08`."
    ),
    OpenApiParameter("nearby", bool, description="Airports near to these places too."),
    OpenApiParameter("adults", _number(1, 9, 1)),
    OpenApiParameter("children", _number(0, 8, 0)),
    OpenApiParameter("infants", _number(0, 4, 0)),
    OpenApiParameter("cabin", str, enum=["economy", "premium", "business", "first"]),
    OpenApiParameter("family", str, description="Code of a fare family."),
    OpenApiParameter("refundable", bool, description="Only fares that are refunded, in part at least."),
    OpenApiParameter("bag", bool, description="Only fares with a checked bag."),
    OpenApiParameter("airline", str, description="IATA designator of the airline of all flights."),
    OpenApiParameter(
        "max_stops",
        _number(0, 2),
        description="In each slice. Without it connections are looked for where there are fewer than four ways to fly.",
    ),
    OpenApiParameter("max_duration", _number(1, MOST_HOURS), description="Hours of each slice, waits included."),
    OpenApiParameter("min_price", AMOUNT, description="For the whole party and journey."),
    OpenApiParameter("max_price", AMOUNT, description="For the whole party and journey."),
    OpenApiParameter("depart_after", HOUR, description="Local HH:MM of the first departure."),
    OpenApiParameter("depart_before", HOUR, description="Local HH:MM of the first departure."),
    OpenApiParameter("arrive_after", HOUR, description="Local HH:MM of landing at the end of the first slice."),
    OpenApiParameter("arrive_before", HOUR, description="Local HH:MM of landing at the end of the first slice."),
    OpenApiParameter("via", str, description="The first slice changes flights at one of these, `BOM,DEL`."),
    OpenApiParameter("avoid", str, description="No slice changes flights at any of these, `BOM,DEL`."),
    OpenApiParameter("sort", str, enum=[str(sort) for sort in Sort], description="`best` unless it says otherwise."),
    OpenApiParameter("page_size", _number(1, PAGE_AT_MOST, settings.SEARCH_PAGE_SIZE), description="Offers on a page."),
    OpenApiParameter("cursor", str, description="From `next` or `previous`."),
]


HOURS_OF_BANDS = [{"after": clock.hour(after), "before": clock.hour(until - 1)} for after, until in BANDS]


def counts_as_dict(counts: Counts) -> dict[str, Any]:
    tables: dict[str, Any] = {
        name: [{"value": value, "count": count} for value, count in sorted(counts.by_filter[name].items())]
        for name in ("max_stops", "airline", "family", "refundable", "bag", "via")
    }
    bands = {
        name: [{**HOURS_OF_BANDS[index], "count": count} for index, count in sorted(counts.by_filter[name].items())]
        for name in ("depart", "arrive")
    }
    return tables | bands | {"price": _prices(counts), "duration": _durations(counts)}


def _prices(counts: Counts) -> dict[str, Any] | None:
    if counts.prices is None:
        return None
    least, most = (on_the_wire(of_hundredths(price), settings.CURRENCY) for price in counts.prices)
    return {"min": least, "max": most}


def _durations(counts: Counts) -> dict[str, Any] | None:
    if counts.durations is None:
        return None
    least, most = (clock.iso_minutes(seconds // 60) for seconds in counts.durations)
    return {"min": least, "max": most}


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="Offers that choosing this value would leave.")


class CodeCountSerializer(CountSerializer):
    value = serializers.CharField()


class StopsCountSerializer(CountSerializer):
    value = serializers.IntegerField()


class YesCountSerializer(CountSerializer):
    value = serializers.BooleanField()


class BandCountSerializer(CountSerializer):
    """A part of the day, as `depart_after` and `depart_before` (or those of arrival) take it."""

    after = serializers.CharField()
    before = serializers.CharField()


class PriceRangeSerializer(serializers.Serializer[Any]):
    min = MoneyField()
    max = MoneyField()


class DurationRangeSerializer(serializers.Serializer[Any]):
    min = serializers.CharField(help_text="ISO 8601, PT2H15M.")
    max = serializers.CharField(help_text="ISO 8601, PT2H15M.")


class FiltersSerializer(serializers.Serializer[Any]):
    """What each value of a filter would leave, all other filters applied.

    Ways to fly the first slice are counted, each in each fare family: for one slice these are the offers.
    """

    max_stops = StopsCountSerializer(many=True)
    airline = CodeCountSerializer(many=True)
    family = CodeCountSerializer(many=True)
    refundable = YesCountSerializer(many=True)
    bag = YesCountSerializer(many=True)
    via = CodeCountSerializer(many=True)
    depart = BandCountSerializer(many=True)
    arrive = BandCountSerializer(many=True)
    price = PriceRangeSerializer(allow_null=True)
    duration = DurationRangeSerializer(allow_null=True)


class SearchResultsSerializer(serializers.Serializer[Any]):
    results = OfferSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    filters = FiltersSerializer()
