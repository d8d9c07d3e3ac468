"""What pages show of fares and journeys."""

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from airlines.models import FareFamily
from airlines.services.offers import FlightsInOrder

register = template.Library()


@register.simple_tag
def perks(family: FareFamily) -> SafeString:
    """What a fare family includes in few words, written once for all flights that are sold in it."""
    return _perks(get_language(), family.checked_bag_kg, family.change_fee, family.refund_percent)


@lru_cache(maxsize=256)
def _perks(_language: str, checked_bag_kg: int, change_fee: object, refund_percent: int) -> SafeString:
    family = {"checked_bag_kg": checked_bag_kg, "change_fee": change_fee, "refund_percent": refund_percent}
    return render_to_string("components/perks.html", {"family": family})


@register.filter
def is_return(slices: Sequence[FlightsInOrder]) -> bool:
    """Whether a journey goes somewhere and back, by its cities: two directions may lead on, too."""
    if len(slices) != 2:  # noqa: PLR2004 -- there, and back
        return False
    out, back = ((part.flights[0].origin.city_id, part.flights[-1].destination.city_id) for part in slices)
    return out == back[::-1]
