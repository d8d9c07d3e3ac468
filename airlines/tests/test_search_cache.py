"""What is kept is true: every change that touches it drops it, and without the feed nothing is kept at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier, Event
from uuid import uuid4

import pytest
from django.conf import settings

from airlines.services import search_cache
from airlines.services.changes import Change, Kind, Leg
from airlines.services.search_cache import OVERHEAD, Answer, Kept, SearchCache
from flights_project.lib.feed import Feed
from flights_project.local.server import wait_until

DAY = Leg(1, 2, date(2026, 12, 20))
OTHER_DAY = Leg(1, 2, date(2026, 12, 21))
REFERENCE = object()
SOON = 20.0


@pytest.fixture
def feed():
    return Feed(settings.REDIS_URL, f"tests-{uuid4()}", settings.REDIS_OPTIONS)


@pytest.fixture
def cache(feed, monkeypatch):
    """As patient as the test: on a busy machine its thread may hear of the feed later than a search may wait."""
    monkeypatch.setattr(search_cache, "FRESH_WITHIN", SOON)
    monkeypatch.setattr(search_cache, "HERD_WAITS", SOON)
    cache = SearchCache(feed, room=100_000)
    assert wait_until(lambda: cache.is_fresh, SOON)
    yield cache
    cache.stop()


@pytest.fixture
def ask(cache):
    """Asks for `key`; what is made says how many were made before."""
    made = []

    def ask(key="query", *legs, reference=REFERENCE, good_for=60.0, meanwhile=lambda: None):
        def make():
            meanwhile()
            made.append(key)
            return Answer(b"%d" % len(made), frozenset(legs or {DAY}), good_for)

        return cache.answer(key, reference, make).body

    return ask


@pytest.fixture
def tell(feed):
    def tell(leg, kind=Kind.SEATS):
        feed.append([Change(kind, leg and 7, leg).written()])

    return tell


def test_what_was_made_is_used_again(ask):
    assert [ask(), ask(), ask("another"), ask()] == [b"1", b"1", b"2", b"1"]


def test_a_change_of_its_leg_drops_it_and_another_does_not(ask, tell):
    ask("touched", DAY)
    ask("with a connection", OTHER_DAY, DAY)
    ask("untouched", OTHER_DAY)
    tell(DAY)
    assert wait_until(lambda: ask("touched", DAY) != b"1", SOON)
    assert ask("with a connection", OTHER_DAY, DAY) != b"2"
    assert ask("untouched", OTHER_DAY) == b"3"


def test_lost_announcements_drop_everything(ask, tell):
    ask()
    tell(None, Kind.MISSED)
    assert wait_until(lambda: ask() != b"1", SOON)


def test_nothing_outlives_its_time(ask, cache):
    ask(good_for=0)
    assert ask(good_for=0) == b"2"
    ask("query", good_for=-1)
    assert cache.find("query", REFERENCE) is None


def test_nothing_is_used_after_the_reference_has_changed(ask):
    ask()
    assert ask(reference=object()) == b"2"


@pytest.fixture
def changed(cache, tell):
    """A change that is committed, announced and heard."""

    def changed():
        before = cache._heard
        tell(DAY)
        assert wait_until(lambda: cache._heard > before, SOON)

    return changed


def test_what_was_begun_before_a_change_is_not_kept_after_it(ask, changed):
    assert ask(meanwhile=changed) == b"1"
    assert ask() == b"2"


def test_control_kept_all_the_same_it_is_outdated(ask, changed, cache, monkeypatch):
    """The answer of before the change would be given after it."""
    make = SearchCache._make

    def keep_anyway(cache, key, reference, maker):
        answer = make(cache, key, reference, maker)
        with cache._lock:
            cache._keep(key, Kept(answer, float("inf"), reference))
        return answer

    monkeypatch.setattr(SearchCache, "_make", keep_anyway)
    assert [ask(meanwhile=changed), ask()] == [b"1", b"1"]


def test_many_who_ask_at_once_have_it_made_once(cache):
    crowd = 16
    barrier, made, go = Barrier(crowd), [], Event()

    def make():
        go.wait(SOON)
        made.append(1)
        return Answer(b"once", frozenset({DAY}), 60)

    def ask(n):
        barrier.wait(SOON)
        if n == 0:
            go.set()
        return cache.answer("query", REFERENCE, make).body

    with ThreadPoolExecutor(crowd) as pool:
        assert set(pool.map(ask, range(crowd))) == {b"once"}
    assert len(made) == 1


def test_control_without_that_everybody_makes_it(feed):
    """As it is where no feed answers: nobody waits for another."""
    crowd = 16
    cache = SearchCache(feed, room=0)
    barrier, made = Barrier(crowd), []

    def make():
        barrier.wait(SOON)
        made.append(1)
        return Answer(b"each", frozenset({DAY}), 60)

    with ThreadPoolExecutor(crowd) as pool:
        list(pool.map(lambda _n: cache.answer("query", REFERENCE, make), range(crowd)))
    assert len(made) == crowd


def test_an_error_is_nobody_elses(ask, cache):
    def fail():
        raise KeyError("lost")

    with pytest.raises(KeyError):
        cache.answer("query", REFERENCE, fail)
    assert ask() == b"1"


def test_it_keeps_to_its_room(cache, ask):
    big = cache._room // 4 - OVERHEAD
    for n in range(6):
        cache.answer(n, REFERENCE, lambda: Answer(bytes(big), frozenset({DAY}), 60))
        cache.find(0, REFERENCE)
    assert [n for n in range(6) if cache.find(n, REFERENCE)] == [0, 3, 4, 5]
    assert cache._size <= cache._room
    cache.answer("huge", REFERENCE, lambda: Answer(bytes(cache._room + 1), frozenset({DAY}), 60))
    assert [n for n in (*range(6), "huge") if cache.find(n, REFERENCE)] == [0, 3, 4, 5]


def test_what_is_dropped_while_it_is_found_was_true_when_it_was_asked_for(ask, cache, monkeypatch):
    ask()

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(SearchCache, "is_fresh", property(lambda cache: cache._forget_all() or True))
        assert cache.find("query", REFERENCE).body == b"1"

    assert cache.find("query", REFERENCE) is None
    assert not cache._kept


def test_without_the_feed_nothing_is_kept():
    away = Feed("redis://127.0.0.1:1/0", "any", settings.REDIS_OPTIONS)
    cache = SearchCache(away, room=100_000)
    made = []

    def make():
        made.append(1)
        return Answer(b"fresh", frozenset({DAY}), 60)

    assert [cache.answer("query", REFERENCE, make).body for _ in range(3)] == [b"fresh"] * 3
    assert len(made) == 3
    cache.stop()
