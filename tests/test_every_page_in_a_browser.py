"""Every page in every state: no violation of WCAG 2.2 AA, and by Tab from its top to its end as it is read.

Pages are those of `docs/architecture/access.md`, so that a new route is looked at without a word here; states are
below, by part of the site. Each is looked at on a phone and at a desk, in light and in dark, and on a phone in Hindi,
whose words are longer.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.shortcuts import render
from django.test import Client, RequestFactory
from django.utils import timezone, translation
from playwright.sync_api import Page

from airlines.models import FareFamily, FlightFare
from airlines.services.pricing import Party
from airlines.services.stale_lows import refresh_stale
from airlines.tests.factories import AirplaneFactory, TaxRuleFactory, claim_for, economy, make_flight
from bookings.models import Booking
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.expiry import expire_holds
from bookings.services.irregular_days import cancel_flight
from bookings.services.saved_travellers import save_travellers
from bookings.tests.factories import adult, child, make_booking, make_hold
from conftest import PASSWORD
from flights_project import api
from flights_project.gateway.models import User
from notifications.models import Message
from tests.focus import faults_of_tabbing
from tests.test_access import OWN, ROWS, path_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize(
        ("page", "language"),
        [("wide", "en"), ("narrow", "en"), ("narrow", "hi")],
        indirect=["page"],
        ids=["wide", "narrow", "narrow-hindi"],
    ),
]

States = Iterator[tuple[str, Any]]
"""Each by its name, and what the site answered."""

ASKED = {"origin": "DEL", "destination": "BOM", "trip": "oneway"}
NO_PAGE = {"/mailbox/{pk}/html/", "/search/offers/", "/search/days/", "/places/suggestions/"}
"""A mail as it was sent, and parts of pages."""
PAGES = [
    row
    for row in ROWS
    if row.method == "GET"
    and (not row.path.startswith("/api/") or row.path == "/api/v1/problems/")
    and row.path not in NO_PAGE
    and row.whose in {"", OWN}
    and row.statuses["traveller"] == "200"
]


class Somebody:
    """Asha at a small airline, her browser, in which she has just said her password, and what she can fly."""

    def __init__(self, now: datetime, language: str) -> None:
        self.now = now
        self.language = language
        self.user = User.objects.create_user("asha@example.com", PASSWORD, first_name="Asha", last_name="Rao")
        self.client = self.browser()
        self.client.post("/accounts/login/", {"login": self.user.email, "password": PASSWORD})
        self.client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        TaxRuleFactory(amount=250)
        leaves = (now + timedelta(days=30)).replace(hour=7, minute=0, second=0, microsecond=0)
        plane = AirplaneFactory(cabins=[economy(1, 4)])
        fares = {"light": 4000, "flex": 7000}
        self.flight = make_flight(departs_at=leaves, number="KV101", airplane=plane, fares=fares)
        self.later = make_flight(departs_at=leaves + timedelta(hours=6), number="KV103", fares=fares)
        self.back = make_flight("BOM", "DEL", departs_at=leaves + timedelta(days=2), number="KV102", fares=fares)
        make_flight("BOM", "BLR", departs_at=leaves + timedelta(hours=3), number="KV202", fares=fares)
        FareFamily.objects.update(seat_fee=350, refund_percent=50)
        refresh_stale(now=now)

    def browser(self, **more: Any) -> Client:
        """One that nobody has logged in from, in her language."""
        return Client(headers={"accept-language": self.language}, **more)

    def in_her_language(self) -> AbstractContextManager[None]:
        """For what is drawn without a request that says it."""
        return translation.override(self.language)

    def hold(self, **more: Any) -> Booking:
        people = [adult(given_name="Asha", family_name="Rao"), child(given_name="Dev", family_name="Rao")]
        return make_hold(self.user, self.flight, **{"now": self.now, "travellers": people} | more)

    def get(self, path: str, **asked: Any) -> Any:
        return self.client.get(path, asked, follow=True)

    def send(self, path: str, **sent: Any) -> Any:
        return self.client.post(path, sent, follow=True)


@pytest.fixture
def asha(db: None, settings: Any, language: str) -> Somebody:
    settings.BOOKINGS_PER_USER_PER_QUARTER = None
    settings.RATE_LIMITS = False
    settings.EMAIL_BACKEND = "notifications.mailbox.MailboxBackend"
    return Somebody(timezone.now(), language)


@pytest.fixture
def faults_of(
    page: Page, check: Callable[[], None], check_colours: Callable[[], None], language: str
) -> Callable[[Any], list[str]]:
    """What axe and Tab find wrong with an answer, which is shown with the styles and scripts of the site.

    Other words change neither the colours of a page nor the way through it: those are looked at in English.
    """

    def faults_of(answer: Any) -> list[str]:
        kept = {header: answer[header] for header in ("Content-Type", "Content-Security-Policy") if header in answer}
        page.route("**/looked-at/", lambda route: route.fulfill(body=answer.content, headers=kept), times=1)
        page.goto("/looked-at/")
        try:
            check()
            if language == "en":
                check_colours()
        except AssertionError as fault:
            return [str(fault)]
        return faults_of_tabbing(page) if language == "en" else []

    return faults_of


def at_the_door(asha: Somebody) -> States:
    nobody = asha.browser()
    yield "log in", nobody.get("/accounts/login/", {"next": "/trips/"})
    yield "log in, wrong", nobody.post("/accounts/login/", {"login": "a@example.com", "password": "x"})
    yield "sign up", nobody.get("/accounts/signup/")
    yield "sign up, empty", nobody.post("/accounts/signup/", {})
    yield "forgotten", nobody.get("/accounts/password/reset/")
    yield "forgotten, sent", nobody.get("/accounts/password/reset/done/")
    yield "new password, old link", nobody.get("/accounts/password/reset/key/1-set-password/")
    nobody.post("/accounts/password/reset/", {"email": asha.user.email})
    link = Message.objects.filter(kind="account").latest("written_at").context["url"].partition("testserver")[2]
    form = nobody.get(link or "/", follow=True)
    yield "new password", form
    yield "new password, not the same", nobody.post(form.request["PATH_INFO"], {"password1": "x", "password2": "y"})
    yield "new password, done", nobody.get("/accounts/password/reset/key/done/")
    yield "confirm, old link", nobody.get("/accounts/confirm-email/nonsense/")
    address = EmailAddress.objects.create(user=asha.user, email="asha@work.example.com")
    yield "confirm", nobody.get(f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/")
    yield "closed", nobody.get("/accounts/inactive/")
    totp.TOTP.activate(asha.user, totp.generate_totp_secret())
    yield (
        "second factor",
        nobody.post("/accounts/login/", {"login": asha.user.email, "password": PASSWORD}, follow=True),
    )


def account(asha: Somebody) -> States:
    asha.send("/accounts/email/", email="asha@work.example.com", action_add="")
    yield "addresses", asha.get("/accounts/email/")
    yield "password", asha.get("/accounts/password/change/")
    yield "password, wrong", asha.send("/accounts/password/change/", oldpassword="x", password1="y", password2="z")
    yield "factors, none", asha.get("/accounts/2fa/")
    yield "app, wrong code", asha.send("/accounts/2fa/totp/activate/", code="000000x")
    totp.TOTP.activate(asha.user, totp.generate_totp_secret())
    RecoveryCodes.activate(asha.user)
    key = Authenticator.objects.create(
        user=asha.user, type="webauthn", data={"name": "My phone", "credential": {"clientExtensionResults": {}}}
    )
    for path in (
        "2fa/",
        "2fa/recovery-codes/",
        "2fa/recovery-codes/generate/",
        "2fa/totp/deactivate/",
        "2fa/webauthn/",
        "2fa/webauthn/add/",
        f"2fa/webauthn/keys/{key.pk}/edit/",
        f"2fa/webauthn/keys/{key.pk}/remove/",
        "sessions/",
        "logout/",
        "reauthenticate/",
    ):
        yield path, asha.get(f"/accounts/{path}")
    save_travellers(owner=asha.user, travellers=[adult(), child()], today=asha.now.date())
    yield "saved travellers", asha.get("/account/travellers/")
    yield "saved travellers, wrong", asha.send("/account/travellers/", given_name="42")
    make_booking(asha.user, asha.flight, now=asha.now)
    yield "messages", asha.get("/messages/")
    yield "close, refused", asha.send("/account/close/")


def searching(asha: Somebody) -> States:
    day = asha.flight.departs_on
    asked = ASKED | {"depart_on": f"{day}"}
    yield "empty", asha.get("/")
    yield "one-way", asha.get("/search/", **asked)
    yield "remembered", asha.get("/")
    yield "return", asha.get("/search/", **asked | {"trip": "return", "return_on": f"{asha.back.departs_on}"})
    chosen = {"trip": "return", "return_on": f"{asha.back.departs_on}", "chosen": f"{asha.flight.pk}"}
    yield "the way back", asha.get("/search/", **asked | chosen)
    yield "connections, filters in use", asha.get("/search/", **asked | {"destination": "BLR", "max_stops": 1})
    yield "several", asha.get("/search/", trip="multi", origin="DEL", flights=3)
    yield "wrong", asha.get("/search/", origin="dehli", destination="Atlantis", adults=0, depart_on="2020-01-01")
    yield "nothing by filters", asha.get("/search/", **asked | {"depart_after": "23:58"})
    yield "nothing that day", asha.get("/search/", **asked | {"depart_on": f"{day - timedelta(days=2)}"})
    yield "nothing ever", asha.get("/search/", **asked | {"origin": "BLR", "destination": "DEL"})
    route = {"origin": "DEL", "destination": "BOM", "month": f"{day:%Y-%m}", "depart_on": f"{day}"}
    for page in ("calendar", "flexible", "anywhere"):
        yield page, asha.get(f"/search/{page}/", **route, return_on=f"{asha.back.departs_on}")
        yield f"{page}, wrong", asha.get(f"/search/{page}/", origin="Atlantis", destination="BOM")
    yield "follow", asha.get("/prices/follow/", **asked)
    yield "follow, wrong", asha.send("/prices/follow/", origin="Atlantis")


def booking(asha: Somebody) -> States:
    party = Party(adults=2, children=1, infants=1)
    token = claim_for([asha.flight], now=asha.now, party=party).token
    save_travellers(owner=asha.user, travellers=[adult()], today=asha.now.date())
    yield "who travels", asha.get("/book/", offer=token)
    yield "who travels, wrong", asha.send("/book/", offer=token)
    FlightFare.objects.filter(flight_cabin__flight=asha.flight).update(amount=4400)
    yield "price changed", asha.get("/book/", offer=token)
    held = asha.hold()
    yield "held already", asha.get("/book/", offer=claim_for([asha.flight], now=asha.now).token)
    yield "gone", asha.get("/book/", offer="x")
    for traveller in (0, 1):
        yield f"seats {traveller}", asha.get(f"/trips/{held.locator}/seats/", traveller=traveller)
    pay_page = f"/trips/{held.locator}/pay/"
    yield "pay", asha.get(pay_page)
    yield "pay, nothing chosen", asha.send(pay_page, total=held.total)
    yield "pay, another total", asha.send(pay_page, total="1", token="tok_ok")
    yield "declined", asha.send(pay_page, total=held.total, token="tok_declined")
    yield "the bank asks", asha.send(pay_page, total=held.total, token="tok_3ds")
    yield "the bank waits", asha.get(pay_page)
    yield "running trip", asha.get(f"/trips/{held.locator}/")
    payment = held.payments.latest("started_at")
    yield "answered for another", asha.browser().post(f"/payments/sandbox/{payment.pk}/", {"approve": "yes"})
    yield "seats of a ticket", asha.get(f"/trips/{held.locator}/seats/")
    lost = asha.hold(travellers=[adult()])
    yield "no answer", asha.send(f"/trips/{lost.locator}/pay/", total=lost.total, token="tok_error")
    late = asha.hold(travellers=[adult()], now=asha.now - timedelta(hours=1))
    yield "too late", asha.get(f"/trips/{late.locator}/pay/")
    unsure = asha.hold(travellers=[adult()], now=asha.now - timedelta(minutes=17))
    yield "price no longer sure", asha.get(f"/trips/{unsure.locator}/pay/")


def trips(asha: Somebody) -> States:
    yield "none", asha.get("/trips/")
    people = [adult(given_name="Asha", family_name="Rao"), child(given_name="Dev", family_name="Rao")]
    trip = make_booking(asha.user, asha.flight, asha.back, now=asha.now, travellers=people)
    page = f"/trips/{trip.locator}/"
    yield "held", asha.get(f"/trips/{asha.hold(travellers=[adult()]).locator}/")
    expire_holds(now=asha.now + timedelta(hours=1))
    yield "not paid", asha.get(f"/trips/{Booking.objects.get(status='expired').locator}/")
    yield "paid", asha.get(page)
    yield "cancel", asha.get(f"{page}cancel/")
    yield "cancel, nobody", asha.send(f"{page}cancel/", slices=[0])
    yield "cancel, sure?", asha.send(f"{page}cancel/", passengers=[1], slices=[1])
    quote = quote_cancellation(booking=trip, now=asha.now, passengers=[1], slices=[1])
    confirm_cancellation(booking=trip, quote_id=quote.pk, now=asha.now)
    yield "partly cancelled", asha.get(page)
    cancel_flight(flight=asha.back, now=asha.now)
    yield "flight cancelled", asha.get(page)
    yield "choose instead", asha.get(f"{page}changes/{trip.changes.get().pk}/")
    quote = quote_cancellation(booking=trip, now=asha.now)
    confirm_cancellation(booking=trip, quote_id=quote.pk, now=asha.now)
    yield "cancelled", asha.get(page)
    yield "trips", asha.get("/trips/")
    yield "find, wrong", asha.send("/trips/find/", locator="BBBBBB", family_name="Rao")
    yield "find, empty", asha.send("/trips/find/", locator="")
    yield "found", asha.send("/trips/find/", locator=trip.locator, family_name="Rao")


def errors(asha: Somebody) -> States:
    request = RequestFactory().get("/nowhere/")
    request.user, request.htmx = asha.user, False  # as the middleware leaves it
    with asha.in_her_language():
        drawn = {
            "400": api.bad_request(request, SuspiciousOperation()),
            "403": api.forbidden(request, PermissionDenied()),
            "500": api.server_error(request),
        } | {name: render(request, f"{name}.html") for name in ("413", "429", "503")}
    yield from drawn.items()
    yield "404", asha.get("/nowhere/")
    yield "no CSRF", asha.browser(enforce_csrf_checks=True).post("/trips/find/", {})
    yield "offline", asha.get("/offline/")


@pytest.mark.parametrize("states", [at_the_door, account, searching, booking, trips, errors])
def test_every_state_is_usable_by_everybody(
    asha: Somebody, faults_of: Callable[[Any], list[str]], states: Callable[[Somebody], States]
) -> None:
    faults = {name: faults_of(answer) for name, answer in states(asha)}

    assert {name: found for name, found in faults.items() if found} == {}


def test_every_page_is_usable_by_everybody(asha: Somebody, faults_of: Callable[[Any], list[str]]) -> None:
    answers = ((row.path, asha.client.get(path_of(row, asha.user, asha.now))) for row in PAGES)
    faults = {path: faults_of(answer) for path, answer in answers if answer["Content-Type"].startswith("text/html")}

    assert {path: found for path, found in faults.items() if found} == {}
