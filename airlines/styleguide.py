"""What the page of all components shows: a journey, fares and a form that stand in no database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from airlines.itineraries import PriceLine, PriceTable
from airlines.models import Airport, City, FareFamily, Flight
from airlines.services.offers import FlightsInOrder
from airlines.services.pricing import TaxLine
from flights_project.gateway.icons import icons

COLOURS = (
    "ground",
    "surface",
    "surface-quiet",
    "ink",
    "ink-quiet",
    "line",
    "line-strong",
    "brand",
    "brand-quiet",
    "accent",
    "accent-quiet",
    "good",
    "good-quiet",
    "warn",
    "warn-quiet",
    "bad",
    "bad-quiet",
    "hero",
)
"""Tokens of `static/css/tokens.css`."""
NOON = datetime(2026, 12, 5, 6, 30, tzinfo=UTC)


class EveryField(forms.Form):
    """Each kind of field; some of what it is asked with is wrong."""

    name = forms.CharField(label="Given name", help_text="As in the passport.")
    email = forms.EmailField(label="E-mail")
    day = forms.DateField(label="Date of birth", widget=forms.DateInput({"type": "date"}), required=False)
    cabin = forms.ChoiceField(label="Cabin", choices=[("economy", "Economy"), ("business", "Business")])
    seat = forms.ChoiceField(label="Seat", choices=[("A", "Window"), ("C", "Aisle")], widget=forms.RadioSelect)
    bag = forms.BooleanField(label="With a checked bag", required=False)


def samples() -> dict[str, Any]:
    """By the names that the page includes its components with."""
    delhi, mumbai, london = (
        Airport(iata=iata, zone=zone, city=City(name=city, code=iata))
        for iata, city, zone in (
            ("DEL", "New Delhi", "Asia/Kolkata"),
            ("BOM", "Mumbai", "Asia/Kolkata"),
            ("LHR", "London", "Europe/London"),
        )
    )
    first = _flight("KV314", delhi, mumbai, NOON, hours=2)
    second = _flight("KV111", mumbai, london, NOON + timedelta(hours=8), hours=10)
    return {
        "direct": FlightsInOrder((first,)),
        "connecting": FlightsInOrder((first, second)),
        "families": _families(),
        "price": PriceTable(
            [PriceLine("2 adults", Decimal(9800)), PriceLine("1 infant", Decimal(490))],
            [TaxLine("IN", "User development fee", Decimal(600), refundable=True)],
            Decimal(10890),
        ),
        "colours": COLOURS,
        "icons": list(icons()),
        "form": EveryField(),
        "wrong": EveryField({"name": "Asha", "email": "asha@", "seat": "A"}, auto_id="wrong_%s"),
    }


def _flight(number: str, origin: Airport, destination: Airport, departs_at: datetime, *, hours: int) -> Flight:
    return Flight(
        number=number,
        origin=origin,
        destination=destination,
        origin_terminal="3",
        departs_at=departs_at,
        arrives_at=departs_at + timedelta(hours=hours),
    )


def _families() -> list[FareFamily]:
    return [
        FareFamily(code="light", name="Light", seat_fee=Decimal(350)),
        FareFamily(code="standard", name="Standard", checked_bag_kg=23, change_fee=Decimal(3000), refund_percent=50),
        FareFamily(
            code="flex",
            name="Flex",
            cabin_bag_kg=10,
            checked_bag_kg=32,
            change_fee=Decimal(0),
            refund_percent=100,
            seat_choice_included=True,
        ),
    ]
