"""One visit: from the first page to trips that were cancelled, changed by the airline and printed."""

import random
import re
from datetime import date, timedelta
from itertools import pairwise

from playwright.sync_api import Page

from tests.screenshots.camera import PASSWORD, Camera

TODAY = date.today()  # noqa: DTZ011 -- any day on sale will do
DAY = TODAY + timedelta(days=30)
ROUND_INDIA = ("DEL", "BOM", "BLR", "CCU", "DEL", "GOI", "BOM")
ACCOUNT = {
    "account": "/account/",
    "account-travellers": "/account/travellers/",
    "account-prices": "/prices/followed/",
    "account-messages": "/messages/choices/",
    "account-email": "/accounts/email/",
    "account-password": "/accounts/password/change/",
    "account-second-factor": "/accounts/2fa/",
    "account-authenticator": "/accounts/2fa/totp/activate/",
    "account-sessions": "/accounts/sessions/",
    "account-data": "/account/data/",
    "account-close": "/account/close/",
}


def travel(camera: Camera) -> None:
    visit = Visit(camera)
    visit.look_around()
    visit.search()
    visit.sign_up()
    visit.book()
    visit.cancel()
    visit.lose_a_flight()
    visit.lose_a_part_of_the_money()
    visit.fly_round_india()
    visit.keep_an_account()


def after(days: int) -> date:
    return DAY + timedelta(days=days)


class Visit:
    """Names and days of birth differ from visit to visit, so that nobody is booked twice on a flight."""

    def __init__(self, camera: Camera) -> None:
        self.camera, self.page = camera, camera.page

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name).first.click()

    def look_around(self) -> None:
        self.camera.open("/", "home")
        self.camera.open("/accounts/login/", "log-in")
        self.camera.open("/accounts/signup/", "sign-up")
        self.camera.open("/accounts/password/reset/", "password-reset")
        self.camera.open("/trips/find/", "find")
        self.camera.open("/api/v1/problems/", "problem-types")

    def search(self) -> None:
        asked = f"origin=DEL&destination=BOM&depart_on={DAY}&adults=2"
        back = after(4)
        pages = {
            "search-errors": "/search/?origin=Atlantis&destination=BOM&depart_on=2000-01-01",
            "search-several": "/search/?trip=multi&origin=DEL",
            "results": f"/search/?{asked}",
            "results-return": f"/search/?{asked}&return_on={back}&trip=return",
            "results-none": f"/search/?{asked}&depart_after=23:58",
            "results-connections": f"/search/?origin=CCU&destination=LHR&depart_on={DAY}",
            "calendar": f"/search/calendar/?origin=DEL&destination=BOM&month={DAY:%Y-%m}",
            "flexible": f"/search/flexible/?origin=DEL&destination=BOM&depart_on={DAY}&return_on={back}",
            "anywhere": f"/search/anywhere/?origin=DEL&month={DAY:%Y-%m}",
        }
        for name, path in pages.items():
            self.camera.open(path, name)
        self.open_what_folds(asked, back)

    def open_what_folds(self, asked: str, back: date) -> None:
        """What stands over or inside a page only when somebody asks for it."""
        self.page.goto("/")
        self.page.get_by_role("button", name="Choose a day: Depart").click()
        self.page.get_by_role("dialog").get_by_role("table").first.wait_for()
        self.camera.take_screen("days")
        self.page.keyboard.press("Escape")
        self.page.locator(".search-party > summary").click()
        self.camera.take_screen("party")
        self.page.locator(".search-party > summary").click()
        self.page.get_by_label("From", exact=True).first.fill("ma")
        self.page.locator(".combobox-list [role=option]").first.wait_for()
        self.camera.take_screen("places")
        self.page.goto(f"/search/?{asked}&return_on={back}&trip=return")
        for summary in self.page.locator(".filters > details > summary, .compare > summary").all():
            if summary.is_visible():
                summary.click()
        self.camera.take("results-unfolded")
        self.choose()
        self.camera.take("results-back", in_hindi=True)

    def choose(self) -> None:
        with self.page.expect_navigation():
            self.page.locator(".fare a.button").first.click()

    def sign_up(self) -> None:
        """As somebody new: one traveller may not make as many bookings as all visits do."""
        self.page.goto("/accounts/signup/")
        self.page.get_by_label("Given name").fill("Asha")
        self.page.get_by_label("Family name").fill("Rao")
        self.page.get_by_label("Email").fill(f"asha.rao.{random.randrange(10**6)}@demo.test")
        self.page.get_by_label("Password").fill("kestrels-over-kutch")
        self.press("Sign up")
        self.page.wait_for_url(lambda address: "/signup/" not in address)

    def book(self) -> None:
        self.page.goto(f"/search/?origin=DEL&destination=BOM&depart_on={DAY}&adults=2")
        self.choose()
        self.camera.take("travellers", in_hindi=True)
        self.camera.take_screen("travellers-at-once")
        self.press("Hold the seats")
        self.camera.take("travellers-errors")
        self.name_everybody("Asha", "Dev")
        self.press("Hold the seats")
        self.camera.take("pay", in_hindi=True)
        trip = self.page.url.removesuffix("pay/")
        self.camera.open(trip, "trip-held")
        self.camera.open(f"{trip}seats/", "seats")
        self.camera.take_screen("seats-at-once")
        self.page.locator(".seat-free input").nth(3).check(force=True)
        self.press("Save")
        self.camera.take("seats-chosen", in_hindi=True)
        self.page.goto(f"{trip}pay/")
        self.pay("declined", "pay-declined")
        self.pay("bank's check", "pay-challenge")
        self.press("Approve")
        self.camera.take("trip-confirmed", in_hindi=True)

    def name_everybody(self, *given: str, child_at: int = 9) -> None:
        """Adults, and from the place `child_at` on a child and an infant."""
        ages = [random.randint(25, 70) for _ in given[:child_at]] + [8, 0]
        for index, name in enumerate(given):
            self.page.get_by_label("Given name").nth(index).fill(name)
            self.page.get_by_label("Family name").nth(index).fill("Rao")
            born = TODAY - timedelta(days=365 * ages[index] + random.randint(30, 300))
            self.page.get_by_label("Date of birth").nth(index).fill(born.isoformat())

    def pay(self, card: str, name: str) -> None:
        self.page.get_by_label(re.compile(card)).check()
        self.press(re.compile("^Pay"))
        self.camera.take(name)

    def cancel(self) -> None:
        trip = self.page.url
        self.camera.open(f"{trip}cancel/", "cancel")
        self.page.get_by_label("Dev Rao").uncheck()
        self.press("Show what comes back")
        self.camera.take("cancel-confirm", in_hindi=True)
        self.press("Cancel now")
        self.camera.take("trip-partly-cancelled", in_hindi=True)
        self.page.goto(f"{trip}cancel/")
        self.press("Show what comes back")
        self.press("Cancel now")
        self.camera.take("trip-cancelled", in_hindi=True)

    def lose_a_flight(self) -> None:
        """The airline cancels a flight, and the traveller chooses another one."""
        self.page.goto(f"/search/?origin=DEL&destination=BLR&depart_on={after(random.randint(0, 9))}")
        flight = self.page.locator("[data-flights]").first.get_attribute("data-flights")
        self.reserve("Mira")
        trip = self.page.url
        cancel_at_the_desk(self.camera, flight or "")
        self.camera.open(trip, "trip-without-its-flight")
        self.page.get_by_role("link", name=re.compile("^Choose another flight for")).click()
        self.camera.take("change", in_hindi=True)
        self.press("Choose this")
        self.camera.take("trip-moved", in_hindi=True)

    def lose_a_part_of_the_money(self) -> None:
        """Of a flight so soon that its fare keeps something; the desk gives that back, see `desk.work`."""
        self.page.goto(f"/search/?origin=DEL&destination=BOM&depart_on={TODAY + timedelta(days=3)}")
        self.reserve("Noor")
        trip = self.page.url
        self.page.goto(f"{trip}cancel/")
        self.press("Show what comes back")
        self.camera.take("cancel-with-a-penalty")
        self.press("Cancel now")
        self.camera.penalised = trip

    def reserve(self, *given: str, flights: int = 1, child_at: int = 9) -> None:
        """Choose, hold and pay from the results that are shown, by somebody who is logged in."""
        for _ in range(flights):
            self.choose()
        self.name_everybody(*given, child_at=child_at)
        self.press("Hold the seats")
        self.page.get_by_label(re.compile("is accepted")).check()
        self.press(re.compile("^Pay"))
        self.page.wait_for_url(re.compile(r"/trips/\w+/$"))

    def fly_round_india(self) -> None:
        """Six flights of a family of four: more than one sheet of paper."""
        asked = "trip=multi&adults=2&children=1&infants=1"
        for number, (origin, destination) in enumerate(pairwise(ROUND_INDIA), start=1):
            row = "" if number == 1 else str(number)
            asked += f"&origin{row}={origin}&destination{row}={destination}&depart_on{row}={after(2 * number)}"
        self.page.goto(f"/search/?{asked}")
        self.reserve("Kavita", "Arjun", "Tara", "Ila", flights=len(ROUND_INDIA) - 1, child_at=2)
        self.camera.take("trip-of-six", in_hindi=True)
        self.camera.print("printed-trip-of-six")
        self.camera.open("/trips/", "trips")

    def keep_an_account(self) -> None:
        for name, path in ACCOUNT.items():
            self.camera.open(path, name)
        self.camera.open(f"/prices/follow/?origin=DEL&destination=BOM&depart_on={DAY}", "follow-price")
        self.camera.open("/messages/", "messages")
        self.page.locator("main a[href^='/messages/']:not([href='/messages/choices/'])").first.click()
        self.camera.take("message", in_hindi=True)
        self.camera.open("/mailbox/", "mailbox")
        self.page.locator("main a[href^='/mailbox/']").first.click()
        self.camera.take("mail", in_hindi=True)
        self.page.locator(".site-header .menu > summary").click()
        self.camera.take_screen("menu")


def log_in(page: Page, email: str) -> None:
    """On the page that asks for it."""
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/login/" not in address)


def cancel_at_the_desk(camera: Camera, flight: str) -> None:
    """By somebody at another screen."""
    staff = camera.visitor("en-IN")
    page = staff.new_page()
    page.goto(f"/accounts/login/?next=/admin/airlines/flight/{flight}/day/cancel/")
    log_in(page, "staff@demo.test")
    page.get_by_role("button", name="Show who would be told").click()
    page.get_by_role("button", name="Cancel the flight and tell them").click()
    page.wait_for_load_state()
    staff.close()
