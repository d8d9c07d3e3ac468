"""Events: written with the change, numbered after it, read on from a number without missing one."""

import threading
from datetime import timedelta

import pytest
from django.db import InternalError, connection, transaction
from django.utils import timezone

from notifications.exceptions import EventsForgotten
from notifications.models import Event, EventLog, EventType
from notifications.services.events import events_after, forget, publish, publish_all, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def happen(integrator, now):
    def happen(about="KV2T9X", owner=integrator, at=now):
        record(owner=owner.pk, type=EventType.BOOKING_HELD, about=about, facts={"locator": about}, now=at)

    return happen


def read(owner, after=None):
    return [(event.sequence, event.about) for event in events_after(owner=owner, sequence=after, now=timezone.now())]


def test_an_event_is_one_statement(happen, django_assert_num_queries):
    with django_assert_num_queries(1):
        happen()

    event = Event.objects.get()
    assert (event.type, event.facts, event.sequence) == ("booking.held", {"locator": "KV2T9X"}, None)


def test_whoever_is_no_integrator_has_no_events(happen, traveller):
    happen(owner=traveller)

    assert not Event.objects.exists()


def test_what_is_rolled_back_has_not_happened(happen):
    with transaction.atomic():
        happen()
        transaction.set_rollback(True)

    assert not Event.objects.exists()


def test_each_integrator_counts_from_one(happen, integrator, stranger):
    stranger.groups.set(integrator.groups.all())
    happen("FIRST1")
    happen("OTHER1", owner=stranger)
    happen("FIRST2")

    assert read(integrator) == [(1, "FIRST1"), (2, "FIRST2")]
    assert read(stranger) == [(1, "OTHER1")]


def test_reading_on_gives_what_has_happened_since(happen, integrator):
    happen("FIRST1")
    assert read(integrator) == [(1, "FIRST1")]
    assert read(integrator, after=1) == []

    happen("FIRST2")

    assert read(integrator, after=1) == [(2, "FIRST2")]


@pytest.mark.parametrize("events", [1, 20])
def test_numbering_costs_the_same_for_one_and_for_many(happen, integrator, now, events, django_assert_num_queries):
    for n in range(events):
        happen(f"BOOK{n:02}")

    with django_assert_num_queries(8):
        assert publish(owner=integrator.pk, now=now) == events


def test_an_event_cannot_be_changed(happen):
    happen()

    with pytest.raises(InternalError, match="Cannot update rows"), transaction.atomic():
        Event.objects.update(about="FORGED")


class TestForgetting:
    def test_events_are_kept_for_their_time(self, happen, integrator, now, settings):
        happen("OLD001", at=now - settings.EVENTS_KEPT - timedelta(seconds=1))
        happen("NEW001", at=now - settings.EVENTS_KEPT)
        publish_all(now=now)

        assert forget(now=now) == 1
        assert read(integrator) == [(2, "NEW001")]

    def test_who_comes_back_too_late_is_told_where_to_go_on(self, happen, integrator, now, settings):
        for about in ("OLD001", "OLD002"):
            happen(about, at=now - settings.EVENTS_KEPT - timedelta(seconds=1))
        happen("NEW001")
        publish_all(now=now)
        forget(now=now)

        with pytest.raises(EventsForgotten) as error:
            read(integrator, after=1)

        assert error.value.facts == {"earliest": 2}
        assert read(integrator, after=2) == [(3, "NEW001")]

    def test_who_has_read_everything_is_not_late(self, happen, integrator, now, settings):
        happen("OLD001", at=now - settings.EVENTS_KEPT - timedelta(seconds=1))
        publish_all(now=now)
        forget(now=now)

        assert read(integrator, after=1) == []
        happen("NEW001")
        assert read(integrator, after=1) == [(2, "NEW001")]


@pytest.mark.django_db(transaction=True)
class TestWhatCommitsLate:
    """One transaction writes first and commits last. Rows are numbered by the database in the order of writing."""

    @pytest.fixture
    def slow(self, happen):
        """Another transaction that has written EARLY1 and not committed; setting the event commits it."""
        written, may_commit = threading.Event(), threading.Event()

        def write():
            try:
                with transaction.atomic():
                    happen("EARLY1")
                    written.set()
                    may_commit.wait(20)
            finally:
                connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        assert written.wait(20)

        def commit():
            may_commit.set()
            thread.join()

        yield commit
        commit()

    def test_is_not_skipped(self, slow, happen, integrator):
        happen("LATER1")
        assert read(integrator) == [(1, "LATER1")]

        slow()

        assert read(integrator, after=1) == [(2, "EARLY1")]

    def test_would_be_skipped_by_the_order_of_rows(self, slow, happen, integrator):
        """The control: whoever reads on from the row's id has missed the other one for ever."""
        happen("LATER1")
        seen = Event.objects.get().pk

        slow()

        assert list(Event.objects.filter(pk__gt=seen)) == []
        assert Event.objects.count() == 2

    def test_is_waited_for_by_nobody(self, slow, happen, integrator):
        """Numbering locks only the log: neither does the open transaction hold it up, nor does it hold up others."""
        happen("LATER1")
        with transaction.atomic():
            publish(owner=integrator.pk, now=timezone.now())
            slow()

        assert EventLog.objects.get().last_sequence == 1
