"""A feed is read on from anywhere, and says so where something has been dropped."""

from uuid import uuid4

import pytest
from django.conf import settings

from flights_project.lib import feed as feeds
from flights_project.lib.feed import BEGINNING, Feed, FeedError


@pytest.fixture
def feed():
    return Feed(settings.REDIS_URL, f"tests-{uuid4()}", settings.REDIS_OPTIONS)


def contents(entries):
    return [entry.content for entry in entries]


def test_everybody_reads_everything_in_order(feed):
    feed.append([b"one", b"two"])
    feed.append([b"three"])
    assert contents(feed.after(BEGINNING)) == contents(feed.after(BEGINNING)) == [b"one", b"two", b"three"]


def test_it_goes_on_where_one_was(feed):
    feed.append([b"one", b"two", b"three"])
    first, *rest = feed.after(BEGINNING)
    assert feed.after(first.id) == rest
    assert feed.after(rest[-1].id) == []


def test_an_empty_feed_has_a_position_to_start_from(feed):
    start = feed.position()
    feed.append([b"one"])
    assert contents(feed.after(start)) == [b"one"]
    assert feed.after(feed.position()) == []


def test_a_part_at_a_time(feed):
    feed.append([b"one", b"two", b"three"])
    assert contents(feed.after(BEGINNING, at_most=2)) == [b"one", b"two"]


def test_it_knows_when_something_between_was_dropped(feed, monkeypatch):
    feed.append([b"zero"])
    old = feed.position()
    assert feed.is_whole_since(BEGINNING)
    monkeypatch.setattr(feeds, "KEPT", 10)
    feed.append([b"more"] * 500)
    assert not feed.is_whole_since(old)
    assert feed.is_whole_since(feed.position())


def test_nobody_at_the_address_is_an_error_at_once():
    with pytest.raises(FeedError):
        Feed("redis://127.0.0.1:1/0", "any", settings.REDIS_OPTIONS).append([b"one"])
