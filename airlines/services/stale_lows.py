"""Keeps the lowest prices true: who changes what is for sale marks what it may change, a worker makes it new.

A mark is a row added in the transaction of the change. A worker takes marks away and writes the lows in one transaction
of its own, so that one that is killed leaves both as they were. It reads flights after it has taken the marks and while
it alone writes the lows of their days: a change that commits meanwhile has a mark that stays for the next round.
"""

import math
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from airlines.models import Cabin, Low, LowsBasis, StaleLow
from airlines.services import price_alerts
from airlines.services.connections import Leg
from airlines.services.lowest import Lowest, Pair, all_pairs, lowest_of, places_of, touched_by
from airlines.services.reference import last_day_on_sale, read_now
from flights_project.lib.calls import Call
from flights_project.lib.money import of_hundredths

DAYS_AT_ONCE = 7
LOWS_OF_A_DAY = 7201
"""First key of the advisory locks under which lows are written; the second is the day."""
ONE_FOR_WHOLE_DAYS = 7202
"""Key of the advisory lock of the worker that makes whole days new: the others have time for everything else."""
REFRESHING = Call(task="airlines.tasks.refresh_lows", round_seconds=10)

Wanted = dict[date, set[Pair]]


class Mark(NamedTuple):
    """What may have changed: journeys over a leg on a local day, or, without one, all that begin on a day."""

    leg: Leg | None
    departs_on: date


def mark(marks: Iterable[Mark]) -> None:
    """Have the lows of `marks` made new after the running transaction has committed."""
    rows = [
        StaleLow(origin=leg and leg[0], destination=leg and leg[1], departs_on=departs_on)
        for leg, departs_on in dict.fromkeys(marks)
    ]
    if rows:
        StaleLow.objects.bulk_create(rows)
        transaction.on_commit(REFRESHING.out, robust=True)


def mark_all(*, now: datetime) -> None:
    """Have the lows of all days made new."""
    read_now()
    last = last_day_on_sale()
    first = now.date() - timedelta(days=1)
    kept = set(Low.objects.values_list("departs_on", flat=True).distinct())
    on_sale = {first + timedelta(days=n) for n in range((last - first).days + 1)} if last else set()
    mark(Mark(None, day) for day in sorted(kept | on_sale))


def refresh_stale(*, now: datetime, seconds: float = math.inf) -> int:
    """Make all lows new that are marked, or that time has outdated; returns how many marks there were.

    What a change has marked comes first, then whole days, the nearest first. After so many `seconds` no more are
    taken, and a worker is called for the rest.
    """
    ends = time.monotonic() + seconds
    _mark_outdated(now)
    done = 0
    while taken := _refresh_some(now):
        done += taken
        if time.monotonic() > ends:
            REFRESHING.out()
            break
    return done


@transaction.atomic
def _mark_outdated(now: datetime) -> None:
    """Lows of flights that are closed for sale go; all are marked where network, families or taxes are others."""
    closed = Low.objects.filter(departs_at__lte=now + settings.SALE_CLOSES_BEFORE_DEPARTURE)
    days = set(closed.values_list("departs_on", flat=True))
    if days:
        closed.delete()
        mark(Mark(None, day) for day in sorted(days))
    stamp = read_now().stamp
    LowsBasis.objects.bulk_create([LowsBasis()], ignore_conflicts=True)
    if LowsBasis.objects.exclude(stamp__isnull=False, stamp=stamp).update(stamp=stamp):
        mark_all(now=now)


@transaction.atomic
def _refresh_some(now: datetime) -> int:
    marks = _take("origin IS NOT NULL", DAYS_AT_ONCE)
    if not marks and _alone_with_whole_days():
        marks = _take("origin IS NULL", 1)
    wanted = _wanted(marks, now)
    _lock(wanted)
    reference = read_now()
    for cabin in Cabin.objects.order_by("cabin").values_list("cabin", flat=True).distinct():
        written = _write(cabin, wanted, list(lowest_of(wanted, cabin=cabin, reference=reference, now=now)))
        price_alerts.tell_of([(row.origin, row.destination, cabin, row.departs_on) for row in written], now=now)
    return len(marks)


def _take(kind: str, days: int) -> list[Mark]:
    """Marks of one kind that no other worker has taken: those of the oldest one's day and of `days` from it on."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            DELETE FROM airlines_stalelow WHERE id IN (
                SELECT stale.id FROM airlines_stalelow stale, (
                    SELECT departs_on AS first FROM airlines_stalelow
                    WHERE {kind} ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
                ) oldest
                WHERE {kind} AND departs_on >= first AND departs_on < first + %s
                FOR UPDATE OF stale SKIP LOCKED
            )
            RETURNING origin, destination, departs_on
            """,  # noqa: S608 -- of the two kinds above
            [days],
        )
        return [Mark(None if origin is None else (origin, to), day) for origin, to, day in cursor.fetchall()]


def _alone_with_whole_days() -> bool:
    """Whether no other worker makes whole days new until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_FOR_WHOLE_DAYS])
        return bool(cursor.fetchone()[0])


def _wanted(marks: Iterable[Mark], now: datetime) -> Wanted:
    """What to make new, by day of departure; days that have passed everywhere are left out."""
    reference = read_now()
    every_pair = all_pairs(places_of(reference))
    wanted: Wanted = {}
    for leg, day in marks:
        touched = ((day, pair) for pair in every_pair) if leg is None else touched_by(leg, day, reference)
        for departs_on, pair in touched:
            wanted.setdefault(departs_on, set()).add(pair)
    return {day: pairs for day, pairs in sorted(wanted.items()) if day >= now.date() - timedelta(days=1)}


def _lock(days: Iterable[date]) -> None:
    """Nobody else writes the lows of these days until the transaction ends; what they wrote before is read after this.

    In order of the days, so that two workers wait for each other and never for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, day - DATE '2000-01-01') FROM unnest(%s::date[]) day",
            [LOWS_OF_A_DAY, sorted(days)],
        )


def _write(cabin: str, wanted: Wanted, found: Iterable[Lowest]) -> list[Low]:
    """Put what was found in place of what was there, touching no row that stays as it is; returns the new ones."""
    there = {
        (row.departs_on, (row.origin, row.destination)): row
        for row in Low.objects.filter(departs_on__in=list(wanted), cabin=cabin)
    }
    rows = {(lowest.departs_on, lowest.pair): _row(lowest) for lowest in found}
    changed = [row for key, row in rows.items() if key not in there or _said(there[key]) != _said(row)]
    gone = [row for (day, pair), row in there.items() if (day, pair) not in rows and pair in wanted[day]]
    Low.objects.bulk_create(
        changed,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["origin", "destination", "cabin", "departs_on"],
        update_fields=["total", "family", "flights", "departs_at", "arrives_at", "by_family"],
    )
    for start in range(0, len(gone), 1000):
        Low.objects.filter(pk__in=[row.pk for row in gone[start : start + 1000]]).delete()
    return changed


def _row(lowest: Lowest) -> Low:
    cheapest = lowest.by_family[0]
    return Low(
        origin=lowest.pair[0],
        destination=lowest.pair[1],
        cabin=lowest.cabin,
        departs_on=lowest.departs_on,
        total=of_hundredths(cheapest.hundredths),
        family_id=cheapest.family,
        flights=list(lowest.flights),
        departs_at=datetime.fromtimestamp(lowest.departs, UTC),
        arrives_at=datetime.fromtimestamp(lowest.arrives, UTC),
        by_family=[list(each) for each in lowest.by_family],
    )


def _said(row: Low) -> tuple[object, ...]:
    return row.flights, row.by_family
