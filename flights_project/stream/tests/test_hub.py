"""Each change goes to those who follow its flight; who comes back gets what they missed, or is told to look again."""

from datetime import date

import orjson
import pytest

from airlines.services.changes import Change, Kind, Leg
from flights_project.lib.feed import Entry
from flights_project.stream import hub as hubs
from flights_project.stream.hub import BEHIND_AT_MOST, Hub
from flights_project.stream.tests.loops import play

LEG = Leg(1, 2, date(2026, 12, 20))
MISSED = "missed"


def seats(number, flight=1, left=3):
    facts = {"cabin": "economy", "seats_left": left}
    return Entry(f"{number}-0", Change(Kind.SEATS, flight, LEG, facts).written())


def missed(number):
    return Entry(f"{number}-0", Change(Kind.MISSED).written())


def told(subscription):
    """(kind, id, content) of what waits for a client."""
    if not subscription._waiting:
        return []
    blocks = play(subscription.take()).decode().strip().split("\n\n")
    events = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [(event["event"], event["id"], orjson.loads(event["data"])) for event in events]


def numbers(subscription):
    return [name for _kind, name, _content in told(subscription)]


@pytest.fixture
def hub():
    hub = Hub("INR")
    hub.begin("100-0")
    return hub


def following(hub, *flights, after=None):
    return hub.subscribe(frozenset(flights), after)


def test_a_price_is_told_with_its_currency(hub):
    client = following(hub, 7)
    facts = {"cabin": "economy", "family": "light", "amount": "4400.00", "previous": "4000.00"}
    hub.hear([Entry("101-0", Change(Kind.PRICE, 7, LEG, facts).written())])
    assert told(client) == [("price", "101-0", {"flight": 7, "currency": "INR", **facts})]


def test_everybody_gets_their_flights_and_no_others(hub):
    one, both, neither = following(hub, 1), following(hub, 1, 2), following(hub, 3)
    hub.hear([seats(101, flight=1), seats(102, flight=2)])
    assert [numbers(each) for each in (one, both, neither)] == [["101-0"], ["101-0", "102-0"], []]


def test_who_has_left_gets_nothing(hub):
    client = following(hub, 1, 2)
    hub.leave(client)
    hub.hear([seats(101)])
    assert (told(client), len(hub)) == ([], 0)


def test_who_comes_back_gets_what_they_missed_in_order(hub):
    hub.hear([seats(101, flight=1), seats(102, flight=2), seats(103, flight=3), seats(104, flight=1)])
    client = following(hub, 1, 2, after="101-0")
    hub.hear([seats(105, flight=2)])
    assert numbers(client) == ["102-0", "104-0", "105-0"]


def test_who_has_seen_all_gets_only_what_is_new(hub):
    hub.hear([seats(101)])
    assert told(following(hub, 1, after="101-0")) == []


def test_who_comes_back_too_late_is_told_to_look_again(hub):
    assert told(following(hub, 1, after="99-0")) == [(MISSED, "100-0", {})]


def test_what_is_long_past_is_forgotten(hub, monkeypatch):
    monkeypatch.setattr(hubs, "REMEMBERED", 2)
    hub.hear([seats(101), seats(102), seats(103, flight=2)])
    assert numbers(following(hub, 1, after="101-0")) == ["102-0"]
    assert [kind for kind, *_ in told(following(hub, 1, after="100-0"))] == [MISSED]
    hub.hear([seats(104, flight=2)])
    assert hub._changes.keys() == {2}


def test_who_missed_more_than_a_stream_may_wait_for_looks_again(hub):
    hub.hear([seats(101 + n) for n in range(BEHIND_AT_MOST + 1)])
    assert [kind for kind, *_ in told(following(hub, 1, after="100-0"))] == [MISSED]


def test_lost_announcements_are_told_to_everybody(hub):
    client = following(hub, 1)
    hub.hear([seats(101), missed(102)])
    assert [kind for kind, *_ in told(client)] == ["seats", MISSED]
    assert [kind for kind, *_ in told(following(hub, 2, after="101-0"))] == [MISSED]


def test_contact_without_a_gap_tells_nothing(hub):
    client = following(hub, 1)
    hub.begin(None)
    assert told(client) == []
    hub.begin("200-0")
    assert told(client) == [(MISSED, "200-0", {})]


def test_one_who_does_not_read_is_let_go_and_nobody_waits_for_them(hub):
    slow, quick = following(hub, 1), following(hub, 1)
    for n in range(BEHIND_AT_MOST):
        hub.hear([seats(101 + n)])
        assert numbers(quick) == [f"{101 + n}-0"]
    assert not slow.is_over
    hub.hear([seats(999)])
    assert (slow.is_over, told(slow)) == (True, [])
    assert numbers(quick) == ["999-0"]


def test_silence_ends_with_a_heartbeat(hub, monkeypatch):
    monkeypatch.setattr(hubs, "HEARTBEAT", 0)
    assert play(following(hub, 1).take()) == b""
