"""The day of a cancelled flight, timed from the cancellation to the last letter."""

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from airlines.models import Flight
from airlines.tests.factories import AirplaneFactory, TaxRuleFactory, economy, make_flight
from benchmarks.notifications.mail_sink import MailSink
from benchmarks.stack import Stack
from bookings.services.irregular_days import cancel_flight
from bookings.services.proposals import Progress, accept_for_all, progress_of
from bookings.services.reconciliation import reconcile
from bookings.tests.factories import adult, child, make_booking, make_journey
from flights_project.gateway.models import User
from flights_project.local.process import tree_of
from flights_project.local.run import say
from notifications.models import Message

BOOKINGS, TRAVELLERS = 95, 180
ALONE, GOING_ON = 10, 15
"""Bookings of one traveller; bookings that go on by another flight."""
DONE_WITHIN = 120.0
GIVE_UP_AFTER = 600.0


def disrupt(stack: Stack, sink: MailSink, *, kill: bool) -> None:
    stack.start("worker")
    stack.start("beat")
    flight = booked_flight()
    _until(lambda: not _waiting())
    staff = User.objects.create_superuser("staff@example.com", "a long enough passphrase")
    before, started = sink.taken, time.perf_counter()
    cancel_flight(flight=flight, now=timezone.now())
    proposed = time.perf_counter() - started
    offered = progress_of(flight).proposed
    accept_for_all(flight=flight, by=staff, now=timezone.now())
    if kill:
        _until(lambda: progress_of(flight).moved >= BOOKINGS // 3)
        kill_worker(stack)
    _until(lambda: progress_of(flight).under_way == 0)
    moved = time.perf_counter() - started
    _until(lambda: not _waiting())
    told = time.perf_counter() - started
    say(f"  {BOOKINGS} bookings, {TRAVELLERS} travellers: cancelled and proposed to {offered} in {proposed:.1f} s")
    say(f"  rebooked after {moved:.1f} s, all told after {told:.1f} s by {sink.taken - before} mails")
    judge(progress_of(flight), told)


def kill_worker(stack: Stack) -> None:
    """As a machine that loses its power would; another worker goes on."""
    worker = stack.processes["worker"]
    for pid in tree_of(worker.pid) if worker.pid else ():
        os.kill(pid, signal.SIGKILL)
    stack.start("worker")


def booked_flight() -> Flight:
    """Three airplanes of 186 seats go the same way that day, two of them half empty; some go on to Goa."""
    TaxRuleFactory.create(code="IN", amount=250)
    airplane = AirplaneFactory.create(cabins=[economy(1, 31)])
    day = (timezone.now() + timedelta(days=30)).replace(hour=2, minute=0, second=0, microsecond=0)
    flight = make_flight(departs_at=day, number="KV101", airplane=airplane)
    for hours in (3, 6):
        make_flight(departs_at=day + timedelta(hours=hours), number=f"KV{101 + hours}", airplane=airplane)
    onward = make_flight("BOM", "GOI", departs_at=day + timedelta(hours=12), number="KV501", airplane=airplane)
    for n in range(BOOKINGS):
        owner, now = User.objects.create_user(f"traveller{n}@example.com"), timezone.now()
        people = [adult()] if n < ALONE else [adult(), child()] if n % 2 else [adult(), adult()]
        if n < GOING_ON:
            make_journey(owner, [flight, onward], now=now, travellers=people)
        else:
            make_booking(owner, flight, now=now, travellers=people)
    return flight


def judge(progress: Progress, seconds: float) -> None:
    differences = reconcile()
    whole = progress.moved == BOOKINGS and not differences
    letters = Message.objects.filter(kind="booking_moved", way="email", status="sent").count()
    say(f"  moved {progress.moved} of {BOOKINGS}, told {letters}, reconcile names {len(differences)} differences")
    say(f"  within {DONE_WITHIN:.0f} s, nothing lost: {'yes' if whole and seconds <= DONE_WITHIN else 'NO'}")


def _waiting() -> bool:
    return Message.objects.filter(status="waiting", way="email").exists()


def _until(met: Callable[[], bool]) -> None:
    end = time.perf_counter() + GIVE_UP_AFTER
    while not met():
        if time.perf_counter() > end:
            raise SystemExit("gave up waiting")
        time.sleep(0.1)
