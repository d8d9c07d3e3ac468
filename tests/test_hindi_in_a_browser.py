"""A whole journey by somebody who reads Hindi: from the switch at the foot of the first page to the cancelled trip."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from airlines.models import Flight
from airlines.tests.factories import TaxRuleFactory, make_flight
from bookings.models import Booking
from bookings.tests.factories import adult, make_booking
from conftest import PASSWORD
from flights_project.gateway.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _flight_and_somebody_to_fly(db, departure):
    TaxRuleFactory(amount=250)
    make_flight(departs_at=departure, number="KV101", fares={"light": 104000})
    User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha", last_name="Rao")


def test_a_booking_is_found_by_a_name_in_hindi(page: Page, check):
    asha = User.objects.get(email="asha@example.com")
    people = [adult(given_name="प्रिया", family_name="चौधरी")]
    booking = make_booking(asha, Flight.objects.get(), now=timezone.now(), travellers=people)
    page.goto("/trips/find/?language=hi")
    page.locator("[name=locator]").fill(booking.locator.lower())
    page.locator("[name=family_name]").fill("चौधरानी")
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    check()
    page.locator("[name=family_name]").fill("चौधरी")
    page.get_by_role("main").get_by_role("button").last.click()

    expect(page.get_by_role("main")).to_contain_text("प्रिया चौधरी")
    check()


def test_searches_books_pays_and_cancels(page: Page, check, departure):
    main = page.get_by_role("main")
    page.goto("/")
    page.get_by_role("contentinfo").get_by_role("button", name="हिंदी").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("आप कहाँ उतरना चाहते हैं?")
    page.get_by_label("एक तरफ़ा", exact=True).first.check()
    page.get_by_label("कहाँ से", exact=True).first.fill("New Delhi (DEL)")
    page.get_by_label("कहाँ तक", exact=True).first.fill("Mumbai (BOM)")
    page.locator("[name=depart_on]").fill(f"{departure:%Y-%m-%d}")
    check()
    main.get_by_role("button", name="उड़ानें खोजें").first.click()
    check()
    main.get_by_role("link", name="चुनें").first.click()

    page.locator("input[name=login]").fill("asha@example.com")
    page.locator("input[name=password]").fill(PASSWORD)
    main.get_by_role("button", name="लॉग इन करें", exact=True).click()
    check()
    page.get_by_label("नाम", exact=True).fill("Asha")
    page.get_by_label("उपनाम", exact=True).fill("Rao")
    page.get_by_label("जन्म तिथि", exact=True).fill("1990-04-05")
    main.get_by_role("button", name="सीटें रोकें").click()
    check()
    page.get_by_label("कार्ड जो चल जाता है").check()
    main.get_by_role("button", name="₹1,04,250 का भुगतान करें").click()

    expect(main).to_contain_text("आपकी बुकिंग हो गई")
    check()
    booking = Booking.objects.get()
    page.goto(f"/trips/{booking.locator}/cancel/")
    main.get_by_role("button", name="दिखाएँ कि क्या वापस मिलेगा").click()
    expect(main).to_contain_text("₹1,04,250")
    check()
    main.get_by_role("button", name="अभी रद्द करें").click()
    expect(main).to_contain_text("यह बुकिंग रद्द है")
    check()
