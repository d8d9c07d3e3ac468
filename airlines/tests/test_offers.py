from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from airlines.exceptions import NotOnSale, OfferExpired, OfferInvalid, PriceChanged, SeatsGone
from airlines.models import Flight, FlightCabin
from airlines.services.fares import change_fare
from airlines.services.offers import accept, open_offer, open_old_offer, price_again
from airlines.services.pricing import Party, TravellerType
from airlines.services.scheduling import remove_flights
from airlines.tests.factories import TaxRuleFactory, claim_for, fare_of, make_flight

pytestmark = pytest.mark.django_db


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=3)


def test_an_offer_comes_back_from_its_token_as_it_was(flight, now):
    claim = claim_for([flight], now=now, party=Party(2, 1, 1))

    assert open_offer(claim.token) == claim


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "x" + t, lambda t: t * 90, lambda t: t + "é"]
)
def test_a_changed_token_is_not_an_offer(flight, now, spoil):
    with pytest.raises(OfferInvalid):
        open_offer(spoil(claim_for([flight], now=now).token))


def test_an_offer_expires(flight, now, settings):
    token = claim_for([flight], now=now).token

    with time_machine.travel(now + settings.OFFER_LIFETIME + timedelta(seconds=1)), pytest.raises(OfferExpired):
        open_offer(token)


def test_what_was_chosen_is_known_after_it_has_expired_and_whatever_it_costs(flight, now, settings):
    claim = claim_for([flight], now=now)

    with time_machine.travel(now + settings.OFFER_LIFETIME + timedelta(days=1)):
        assert open_old_offer(claim.token) == claim
    assert claim.without_price == replace(claim, total=Decimal(1)).without_price


def test_an_offer_of_a_flight_that_is_gone_is_not_on_sale(flight, now):
    claim = claim_for([flight], now=now)
    remove_flights([flight])

    with pytest.raises(NotOnSale):
        price_again(claim, now=now)


def test_an_offer_says_how_long_is_flown_and_what_each_traveller_pays(flight, now):
    offer = price_again(claim_for([flight], now=now, party=Party(2, 1, 0)), now=now)

    assert offer.duration == flight.arrives_at - flight.departs_at
    assert [coupon.fare for coupon in offer.price.coupons_for(TravellerType.ADULT)] == [fare_of(flight).amount]


def test_an_offer_is_accepted_at_its_total_only(flight, now):
    claim = claim_for([flight], now=now)
    change_fare(fare=fare_of(flight), amount=Decimal(4200))

    with pytest.raises(PriceChanged) as raised:
        accept(claim, now=now)

    assert raised.value.facts["total"] == {"amount": "4200.00", "currency": "INR"}
    assert accept(open_offer(raised.value.facts["offer"]), now=now).total == 4200


def test_a_new_tax_is_a_changed_price(flight, now):
    claim = claim_for([flight], now=now)
    TaxRuleFactory(amount=10)

    with pytest.raises(PriceChanged):
        accept(claim, now=now)


def test_an_offer_for_more_than_is_left_says_how_many_are(flight, now):
    claim = claim_for([flight], now=now, party=Party(2))
    FlightCabin.objects.filter(flight=flight).update(seats_sold=2)

    with pytest.raises(SeatsGone) as raised:
        price_again(claim, now=now)

    assert raised.value.facts == {"seats_left": 1}


def test_infants_need_no_seat(flight, now):
    assert price_again(claim_for([flight], now=now, party=Party(3, 0, 3)), now=now).seats_left == 3


@pytest.mark.parametrize("status", ["cancelled", "departed", "landed"])
def test_a_flight_that_does_not_take_travellers_any_more_is_not_on_sale(flight, now, status):
    claim = claim_for([flight], now=now)
    Flight.objects.update(status=status)

    with pytest.raises(NotOnSale):
        price_again(claim, now=now)


def test_sale_closes_before_departure(flight, now, settings):
    claim = claim_for([flight], now=now)
    closes_at = flight.departs_at - settings.SALE_CLOSES_BEFORE_DEPARTURE

    assert price_again(claim, now=closes_at - timedelta(seconds=1))
    with pytest.raises(NotOnSale):
        price_again(claim, now=closes_at)


def test_a_delay_that_breaks_the_journey_takes_it_off_sale(flight, now, in_a_month):
    way_back = make_flight("BOM", "DEL", departs_at=in_a_month + timedelta(hours=4))
    claim = claim_for([flight], [way_back], now=now)
    Flight.objects.filter(pk=flight.pk).update(status="delayed", arrives_at=in_a_month + timedelta(hours=5))

    with pytest.raises(NotOnSale):
        price_again(claim, now=now)
