"""Nothing that a traveller reads is left in English alone: catalogues are whole, and every word is marked.

Pages are drawn in a language made for it, in which whatever is marked has no Latin letter: those that are left were
not marked, or are facts.
"""

import ast
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from gettext import NullTranslations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import lxml.html
import pytest
from babel.messages.catalog import Message as Entry
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real

from airlines.models import Airport, City, FareFamily, Flight, TaxRule
from airlines.services.pricing import Party
from airlines.tests.factories import AirplaneFactory, TaxRuleFactory, claim_for, economy, make_flight
from bookings.models import Booking, Passenger
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.expiry import expire_holds
from bookings.services.irregular_days import cancel_flight
from bookings.services.payment import pay
from bookings.tests.factories import adult, child, make_booking, make_hold
from flights_project.gateway.models import User
from flights_project.local import words
from notifications.models import Message
from tests.test_access import OWN, ROWS, Row, path_of

pytestmark = pytest.mark.django_db

CATALOGUES = [pytest.param(path, id=path.parts[-3]) for path in words.catalogues() if path != words.ENGLISH]
PLACEHOLDERS = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+")
SHOWN_ATTRIBUTES = ("aria-label", "aria-description", "title", "placeholder", "alt", "label")
UNREAD = "//script | //style | //code | //*[@lang][not(self::html)]"
"""Elements whose text nobody reads, or that say themselves which language they are in."""
LETTERS = re.compile(r"[A-Za-z]{2,}")
ATTRIBUTE = re.compile(r"""[\w-]+=(["']).*?\1""")
"""Of a template that is included inside a tag."""


def entries(path: Path) -> list[Entry]:
    return [entry for entry in words.read(path) if entry.id]


def test_english_names_only_what_libraries_call_otherwise():
    named = {entry.id for entry in entries(words.ENGLISH) if entry.string and entry.string != entry.id}

    assert named == {entry.id for entry in entries(words.ENGLISH)}
    assert named <= {forms for _context, forms in words.words_of_libraries()}


class TestACatalogue:
    @pytest.mark.parametrize("path", CATALOGUES)
    def test_has_every_word_that_a_traveller_reads(self, path):
        there = {
            (entry.context, *([entry.id] if isinstance(entry.id, str) else entry.id[:1])) for entry in entries(path)
        }
        marked = {
            (context, *([forms] if isinstance(forms, str) else forms[:1])) for context, forms in words.own_words()
        }

        assert marked - there == set(), "make words, and translate what it names"

    @pytest.mark.parametrize("path", CATALOGUES)
    def test_keeps_the_facts_and_the_markup_of_each_sentence(self, path):
        for entry in entries(path):
            texts, strings = ([each] if isinstance(each, str) else each for each in (entry.id, entry.string))
            for text, string in zip(texts, filter(None, strings), strict=False):
                assert set(PLACEHOLDERS.findall(string)) == set(PLACEHOLDERS.findall(text))

    @pytest.mark.parametrize("path", CATALOGUES)
    def test_has_nothing_half_done(self, path):
        assert [entry.id for entry in entries(path) if entry.fuzzy or not words.is_translated(entry)] == []


def test_templates_have_no_word_that_is_not_marked():
    of_the_desk = {"desk", "unfold"}
    pages = [path for path in (settings.BASE_DIR / "templates").rglob("*.html") if not of_the_desk & {*path.parts}]

    found = {str(path.relative_to(settings.BASE_DIR)): unmarked_in(path.read_text()) for path in pages}

    assert {path: texts for path, texts in found.items() if texts} == {}


def unmarked_in(template: str) -> list[str]:
    """Texts and attributes that people read, without what Django puts there and what is inside `blocktranslate`."""
    kept, is_inside = [], False
    for token in Lexer(template).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.split_contents()[0]
            is_inside = name in {"blocktranslate", "comment"} or (is_inside and not name.startswith("end"))
        elif token.token_type == TokenType.TEXT and not is_inside:
            kept.append(token.contents)
    html = "".join(kept)
    return list(read_in(lxml.html.fromstring(f"<div>{html}</div>"))) if html.strip() else []


def read_in(page: lxml.html.HtmlElement) -> Iterator[str]:
    """Every text with letters that somebody reads or hears."""
    unread = set(page.xpath(UNREAD))
    for element in page.iter():
        if not isinstance(element.tag, str) or unread & {element, *element.iterancestors()}:
            continue
        texts = [element.text, *(child.tail for child in element), *map(element.get, SHOWN_ATTRIBUTES)]
        if element.tag == "input" and element.get("type") == "submit":
            texts.append(element.get("value"))
        yield from (text.strip() for text in texts if text and LETTERS.search(ATTRIBUTE.sub("", text)))


SPOKEN = {"label", "help_text", "empty_label", "initial_text"}
"""Named arguments that people read."""
SAYS = {"ValidationError", "success", "warning", "error", "info", "add_error"}
"""Calls whose texts people read, where they are those of pages."""


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<a title="To the top">{% translate "Up" %}</a>', ["To the top"]),
        ("{% blocktranslate %}Hello {{ name }}{% plural %}Hi{% endblocktranslate %} all", ["all"]),
        ("{% if a %}<code>DEL</code>{% endif %}{# words #}<p>{{ price|money }} – 12</p>", []),
    ],
)
def test_a_word_that_is_not_marked_is_found(template, expected):
    assert unmarked_in(template) == expected


def test_forms_and_messages_say_nothing_that_is_not_marked():
    found = {}
    for room in words.ROOMS:
        for path in (settings.BASE_DIR / room).rglob("*.py"):
            if words.PASSED_OVER.isdisjoint(path.parts) and "api" not in path.parts:
                found[str(path.relative_to(settings.BASE_DIR))] = list(spoken_in(ast.parse(path.read_text())))

    assert {path: texts for path, texts in found.items() if texts} == {}


def spoken_in(tree: ast.AST) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        owner = ast.unparse(call.func).rpartition(".")[0]
        is_said = name in SAYS and owner in {"", "messages", "forms", "form"}
        texts = [each.value for each in call.keywords if each.arg in SPOKEN] + (call.args if is_said else [])
        yield from (each.value for each in texts if is_sentence(each))


def is_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def test_scripts_take_their_words_from_the_page():
    sentence = re.compile(r"""(["'`])[A-Z][a-z]+ [a-z]+[^"'`]*\1""")

    found = {
        path.name: sentence.findall(path.read_text()) for path in Path(settings.BASE_DIR, "static/js").glob("*.js")
    }

    assert {name: said for name, said in found.items() if said and name != "htmx.js"} == {}


class Marked(NullTranslations):
    """A language in which every marked word is written in letters of full width."""

    WIDE = {code: code + 0xFEE0 for code in range(ord("A"), ord("z") + 1) if chr(code).isalpha()}
    KEPT = re.compile(r"(%\(\w+\)[sd]|%[sd]|\{\w*\}|<[^>]*>|&\w+;)")

    def gettext(self, message: str) -> str:
        parts = self.KEPT.split(message.rpartition(trans_real.CONTEXT_SEPARATOR)[2])
        return "".join(part if index % 2 else part.translate(self.WIDE) for index, part in enumerate(parts))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        return "hi"


@pytest.fixture
def marked(monkeypatch) -> None:
    """Hindi is that language."""
    monkeypatch.setitem(trans_real._translations, "hi", Marked())


@pytest.fixture
def browser(marked, traveller, page_of) -> Client:
    """Of a traveller who reads it."""
    traveller.language = "hi"
    traveller.save()
    browser: Client = page_of(traveller)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "hi"
    return browser


FACTS = {"Kestrel", "Air", "English", "SE", "IST", "UTC", "GMT", "INR", "PDF", "Asha", "Rao"}
"""Names that are kept nowhere, and are the same in every language."""


TYPED = re.compile("“.*?”")
"""What somebody has entered, as it is quoted."""


def facts() -> set[str]:
    """Every word of the names that are kept."""
    kept = [
        *City.objects.values_list("name", "code"),
        *Airport.objects.values_list("name", "iata"),
        *FareFamily.objects.values_list("name", "code"),
        *TaxRule.objects.values_list("name", "code"),
        *Flight.objects.values_list("number", "gate"),
        *User.objects.values_list("email", "first_name"),
        *Passenger.objects.values_list("given_name", "family_name"),
        *Booking.objects.values_list("locator", "contact_email"),
    ]
    return {word for texts in kept for text in texts for word in LETTERS.findall(text)} | FACTS


def unmarked_on(page: str) -> list[str]:
    """What a page says in plain letters, and is no fact."""
    known = facts()
    shown = read_in(lxml.html.fromstring(f"<div>{page}</div>" if "<html" not in page else page))
    return [text for text in shown if not known.issuperset(LETTERS.findall(TYPED.sub("", text)))]


ELSEWHERE = {"/healthz", "/readyz", "/metrics", "/mailbox/{pk}/html/"}
"""What programs read, and a mail as it was sent."""
PAGES = [
    row
    for row in ROWS
    if not row.path.startswith("/api/")
    and row.path not in ELSEWHERE
    and row.whose in {"", OWN}
    and row.statuses["traveller"] == "200"
]
"""Every route that answers a traveller with a page, as `docs/architecture/access.md` has them. A form that is sent
empty is shown with its errors."""


@pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row.method} {row.path}")
def test_every_page_is_marked(row: Row, browser: Client, traveller: User, now: datetime):
    answer = getattr(browser, row.method.lower())(path_of(row, traveller, now))

    assert answer.status_code == 200
    if answer.headers["Content-Type"].startswith("text/html") and answer.content.strip():
        assert unmarked_on(answer.content.decode()) == []


OF_A_MEMBER = ["account_email", "account_change_password", "account_logout", "mfa_index", "usersessions_list"]
AT_THE_DOOR = ["account_login", "account_signup", "account_reset_password"]


@pytest.mark.parametrize("name", OF_A_MEMBER)
def test_every_page_of_the_account_is_marked(browser: Client, name: str):
    assert unmarked_on(browser.get(reverse(name)).content.decode()) == []


@pytest.mark.parametrize("name", AT_THE_DOOR)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_at_the_door_is_marked(marked: None, name: str, method: str):
    page = getattr(Client(), method)(reverse(name), headers={"accept-language": "hi"}).content.decode()

    assert unmarked_on(page) == []


class TestEveryState:
    """Of the pages that say something else as a booking goes on."""

    @pytest.fixture(autouse=True)
    def _offered(self, in_a_month: datetime) -> None:
        TaxRuleFactory()
        airplane = AirplaneFactory(cabins=[economy(1, 4)])
        self.flight = make_flight(departs_at=in_a_month, number="KV101", airplane=airplane, fares={"light": 4000})
        make_flight("DEL", "LHR", departs_at=in_a_month, number="KV161")
        make_flight("LHR", "JFK", departs_at=in_a_month + timedelta(hours=12), number="KV171")
        FareFamily.objects.update(seat_fee=300, refund_percent=40)

    @pytest.fixture
    def say(self, browser: Client) -> Callable[..., list[str]]:
        """What is not marked on the page that a GET, or a POST and what it leads to, answers with."""

        def say(path: str, **sent: Any) -> list[str]:
            answer = browser.post(path, sent, follow=True) if sent else browser.get(path, follow=True)
            assert "Ｋ" in answer.content.decode() or "ａ" in answer.content.decode()
            return unmarked_on(answer.content.decode())

        return say

    @pytest.mark.parametrize(
        "asked",
        [
            {"destination": "BOM"},
            {"destination": "BOM", "return_on": "2026-12-22", "trip": "return"},
            {"destination": "JFK"},
            {"destination": "GOI"},
            {"destination": "BOM", "depart_after": "23:58"},
            {"destination": "Atlantis", "adults": "0", "depart_on": "2020-01-01"},
        ],
    )
    def test_of_a_search(self, say, asked):
        asked = {"origin": "DEL", "depart_on": f"{self.flight.departs_on}", "children": "1"} | asked

        assert say(f"/search/?{urlencode(asked)}") == []

    @pytest.mark.parametrize("page", ["calendar", "flexible", "anywhere"])
    def test_of_prices(self, say, page):
        asked = {
            "origin": "DEL",
            "destination": "BOM",
            "depart_on": f"{self.flight.departs_on}",
            "return_on": "2026-12-22",
        }

        assert say(f"/search/{page}/?{urlencode(asked)}") == []

    def test_of_who_travels(self, say, now):
        party = Party(adults=1, children=1, infants=1)
        offer = claim_for([self.flight], now=now, party=party).token

        assert say(f"/book/?{urlencode({'offer': offer})}") == []
        assert say("/book/", offer=offer, key="00000000-0000-4000-8000-000000000000") == []

    @pytest.fixture
    def held(self, traveller: User, now: datetime) -> Booking:
        people = [adult(), child(given_name="Dev", family_name="Rao")]
        return make_hold(traveller, self.flight, now=now, travellers=people)

    @pytest.mark.parametrize("token", ["tok_declined", "tok_3ds", "tok_error", "tok_ok"])
    def test_of_paying(self, say, held, now, token):
        pay(booking=held, gateway="sandbox", token=token, now=now)

        assert say(f"/trips/{held.locator}/pay/") == []
        assert say(f"/trips/{held.locator}/") == []
        assert say("/trips/") == []

    @pytest.mark.parametrize("who", [0, 1])
    def test_of_seats(self, say, held, who):
        assert say(f"/trips/{held.locator}/seats/?flight={self.flight.pk}&traveller={who}") == []
        assert say(f"/trips/{held.locator}/seats/together/", flight=self.flight.pk, total=held.total + 600) == []

    def test_of_a_hold_that_is_over(self, say, held, now):
        expire_holds(now=now + timedelta(hours=1))

        assert say(f"/trips/{held.locator}/") == []
        assert say(f"/trips/{held.locator}/pay/") == []

    def test_of_a_flight_that_was_cancelled_and_a_trip_too(self, say, traveller, now):
        booking = make_booking(traveller, self.flight, now=now)
        cancel_flight(flight=self.flight, now=now)
        assert say(f"/trips/{booking.locator}/") == []

        quote = quote_cancellation(booking=booking, now=now)
        confirm_cancellation(booking=booking, quote_id=quote.pk, now=now)
        assert say(f"/trips/{booking.locator}/") == []

    def test_of_what_somebody_was_told(self, say, traveller, now):
        booking = make_booking(traveller, self.flight, now=now)
        cancel_flight(flight=self.flight, now=now)

        for message in Message.objects.filter(reader=traveller, way="inbox"):
            assert say(f"/messages/{message.pk}/") == []
        assert say("/trips/find/", locator=booking.locator, family_name="Nobody") == []
