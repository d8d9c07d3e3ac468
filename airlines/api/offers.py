"""Offers on the wire: plain dictionaries for speed, with serializers beside them that OpenAPI is made from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from rest_framework import serializers

from airlines.models import Airport, CabinClass, FareFamily, Flight
from airlines.services.offers import Connection, FlightsInOrder, Offer
from airlines.services.pricing import JourneyPrice
from flights_project.gateway.api.fields import MoneyField
from flights_project.lib import clock
from flights_project.lib.money import MoneyAmount, on_the_wire


def offer_as_dict(offer: Offer) -> dict[str, Any]:
    """An offer as `OfferSerializer` documents it."""
    return {
        "offer": offer.token,
        "total": on_the_wire(offer.total, settings.CURRENCY),
        "cabin": offer.cabin,
        "family": offer.family.code,
        "conditions": conditions_as_dict(offer.family),
        "seats_left": offer.seats_left,
        "price": price_as_dict(offer.price),
        "slices": [slice_as_dict(part) for part in offer.slices],
    }


def price_as_dict(price: JourneyPrice) -> dict[str, Any]:
    return price_form(
        on_the_wire(price.base, settings.CURRENCY),
        [(tax.code, tax.name, on_the_wire(tax.amount, settings.CURRENCY)) for tax in price.taxes],
        [
            (
                each.traveller,
                each.count,
                on_the_wire(each.fare, settings.CURRENCY),
                on_the_wire(each.total, settings.CURRENCY),
            )
            for each in price.travellers
        ],
    )


def price_form(
    base: MoneyAmount,
    taxes: Iterable[tuple[str, str, MoneyAmount]],
    travellers: Iterable[tuple[str, int, MoneyAmount, MoneyAmount]],
) -> dict[str, Any]:
    """A price of these amounts: taxes by code and name; of each type of traveller how many, base and total of one."""
    return {
        "base": base,
        "taxes": [{"code": code, "name": name, "amount": amount} for code, name, amount in taxes],
        "per_passenger": [
            {"type": traveller, "count": count, "base": fare, "total": total}
            for traveller, count, fare, total in travellers
        ],
    }


def conditions_as_dict(family: FareFamily) -> dict[str, Any]:
    changeable = family.change_fee is not None
    seat_fee = family.price_of_a_seat
    return {
        "cabin_bag_kg": family.cabin_bag_kg,
        "checked_bag_kg": family.checked_bag_kg,
        "seat_choice_included": family.seat_choice_included,
        "seat_fee": on_the_wire(seat_fee, settings.CURRENCY) if seat_fee is not None else None,
        "refundable": family.refund_percent > 0,
        "refund_percent": family.refund_percent,
        "changeable": changeable,
        "change_fee": on_the_wire(family.change_fee, settings.CURRENCY) if family.change_fee is not None else None,
    }


def slice_as_dict(part: FlightsInOrder) -> dict[str, Any]:
    return {
        "duration": clock.iso_duration(part.duration),
        "stops": part.stops,
        "segments": [segment_as_dict(flight) for flight in part.flights],
        "connections": [connection_as_dict(connection) for connection in part.connections],
    }


def connection_as_dict(between: Connection) -> dict[str, Any]:
    return connection(
        airport=between.landing.destination,
        onward_airport=between.leaving.origin,
        lands_at=between.landing.arrives_at,
        leaves_at=between.leaving.departs_at,
    )


def connection(*, airport: Airport, onward_airport: Airport, lands_at: datetime, leaves_at: datetime) -> dict[str, Any]:
    return {
        "airport": airport.iata,
        "onward_airport": onward_airport.iata,
        "duration": clock.iso_duration(leaves_at - lands_at),
        "overnight": clock.is_overnight(lands_at, leaves_at, onward_airport.zone),
    }


def segment_as_dict(flight: Flight) -> dict[str, Any]:
    return segment(
        flight=flight.pk,
        number=flight.number,
        origin=flight.origin,
        origin_terminal=flight.origin_terminal,
        destination=flight.destination,
        destination_terminal=flight.destination_terminal,
        departs_at=flight.departs_at,
        arrives_at=flight.arrives_at,
        gate=flight.gate,
        status=flight.status,
    )


def segment(
    *,
    flight: int,
    number: str,
    origin: Airport,
    origin_terminal: str,
    destination: Airport,
    destination_terminal: str,
    departs_at: datetime,
    arrives_at: datetime,
    gate: str,
    status: str,
) -> dict[str, Any]:
    """One flight, of a model or of a row that search has read; its instants are UTC."""
    departs = departs_at.astimezone(clock.zone(origin.zone))
    arrives = arrives_at.astimezone(clock.zone(destination.zone))
    return {
        "flight": flight,
        "number": number,
        "airline": number[:2],
        "origin": origin.iata,
        "origin_terminal": origin_terminal,
        "destination": destination.iata,
        "destination_terminal": destination_terminal,
        "departs_at": _utc(departs_at.isoformat()),
        "arrives_at": _utc(arrives_at.isoformat()),
        "departs_at_local": departs.isoformat(),
        "arrives_at_local": arrives.isoformat(),
        "day_offset": clock.day_offset(departs, arrives),
        "duration": clock.iso_duration(arrives_at - departs_at),
        "gate": gate,
        "status": status,
    }


def _utc(iso: str) -> str:
    return iso.replace("+00:00", "Z")


class TaxLineSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    amount = MoneyField()


class TravellerPriceSerializer(serializers.Serializer[Any]):
    """What each of `count` travellers of a type pays."""

    type = serializers.ChoiceField(choices=["adult", "child", "infant"])
    count = serializers.IntegerField()
    base = MoneyField()
    total = MoneyField()


class PriceSerializer(serializers.Serializer[Any]):
    """The whole party's price; `per_passenger` is for each one of a type."""

    base = MoneyField()
    taxes = TaxLineSerializer(many=True)
    per_passenger = TravellerPriceSerializer(many=True)


class ConditionsSerializer(serializers.Serializer[Any]):
    cabin_bag_kg = serializers.IntegerField()
    checked_bag_kg = serializers.IntegerField()
    seat_choice_included = serializers.BooleanField()
    seat_fee = MoneyField(allow_null=True, help_text="For each seat chosen on a flight; null: no seat choice.")
    refundable = serializers.BooleanField()
    refund_percent = serializers.IntegerField()
    changeable = serializers.BooleanField()
    change_fee = MoneyField(allow_null=True)


class SegmentSerializer(serializers.Serializer[Any]):
    flight = serializers.IntegerField(help_text="Id of the flight.")
    number = serializers.CharField()
    airline = serializers.CharField()
    origin = serializers.CharField()
    origin_terminal = serializers.CharField()
    destination = serializers.CharField()
    destination_terminal = serializers.CharField()
    departs_at = serializers.DateTimeField()
    arrives_at = serializers.DateTimeField()
    departs_at_local = serializers.DateTimeField()
    arrives_at_local = serializers.DateTimeField()
    day_offset = serializers.IntegerField(help_text="Calendar days from departure to arrival, by local dates.")
    duration = serializers.CharField(help_text="ISO 8601, PT2H15M.")
    gate = serializers.CharField(help_text="Empty until it is known.")
    status = serializers.ChoiceField(choices=Flight.Status.choices)


class ConnectionSerializer(serializers.Serializer[Any]):
    airport = serializers.CharField(help_text="Where the traveller lands.")
    onward_airport = serializers.CharField(
        help_text="Where the next flight leaves: another airport of the city, or the same."
    )
    duration = serializers.CharField(help_text="ISO 8601, PT2H15M.")
    overnight = serializers.BooleanField(help_text="Whether midnight passes by the clocks of the airport.")


class SliceSerializer(serializers.Serializer[Any]):
    duration = serializers.CharField(help_text="ISO 8601, PT2H15M.")
    stops = serializers.IntegerField()
    segments = SegmentSerializer(many=True)
    connections = ConnectionSerializer(many=True, help_text="One between each segment and the next.")


class OfferSerializer(serializers.Serializer[Any]):
    offer = serializers.CharField(help_text="Signed token; send it to hold these seats at this price.")
    total = MoneyField()
    cabin = serializers.ChoiceField(choices=CabinClass.choices)
    family = serializers.CharField()
    conditions = ConditionsSerializer()
    seats_left = serializers.IntegerField()
    price = PriceSerializer()
    slices = SliceSerializer(many=True)
