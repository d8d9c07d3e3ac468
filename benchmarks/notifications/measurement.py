"""Three measurements: a cancelled flight, a day's mail, and the claim among the sent."""

import re
import statistics
import time
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone

from airlines.models import Flight
from benchmarks.notifications.mail_sink import MailSink
from benchmarks.stack import Stack
from benchmarks.stock import schedule
from bookings.services.irregular_days import cancel_flight
from bookings.tests.factories import make_booking
from flights_project.gateway.models import User
from flights_project.local.run import say
from notifications.models import Message
from notifications.services.delivery import lease
from notifications.services.outbox import tell

PASSENGERS = 300
CLAIMS = 200
TOLD_WITHIN, DRAINED_WITHIN, SLOWER_AT_MOST = 60.0, 600.0, 2.0
"""What is aimed at: seconds to tell a flight and to drain a day's mail with one worker, and how much slower a claim may
be among a million sent messages than among none."""


def measure_all(stack: Stack, sink: MailSink, *, messages: int, sent: int) -> None:
    stack.start("worker")
    stack.start("beat")
    told = tell_a_flight(sink)
    drained = drain(stack, sink, messages)
    for name in ("beat", "worker"):
        stack.processes[name].stop()
    alone, among = claims(sent)
    judge(told, drained, messages, alone, among)


def tell_a_flight(sink: MailSink) -> float:
    """Seconds from the cancellation to the last mail that the server has taken."""
    [flight] = schedule(flights=1, seats=PASSENGERS)
    for n in range(PASSENGERS):
        make_booking(User.objects.create_user(f"traveller{n}@example.com"), flight, now=timezone.now())
    _until(lambda: not _waiting(), 4 * DRAINED_WITHIN)
    before, started = sink.taken, time.perf_counter()
    cancel_flight(flight=Flight.objects.get(pk=flight.pk), now=timezone.now())
    written = time.perf_counter() - started
    _until(lambda: sink.taken >= before + PASSENGERS, 4 * TOLD_WITHIN)
    seconds = time.perf_counter() - started
    say(f"  {PASSENGERS} bookings of a cancelled flight: written in {written:.1f} s, all told after {seconds:.1f} s")
    return seconds


def drain(stack: Stack, sink: MailSink, messages: int) -> float:
    """Seconds for so many confirmations as the first measurement has written, calendar and ticket included."""
    model = Message.objects.filter(kind="booking_confirmed").first()
    assert model is not None and model.reader is not None  # noqa: S101, PT018 -- the first measurement made it
    before, worker = sink.taken, stack.cpu_seconds()["worker"]
    with transaction.atomic():
        for n in range(messages):
            tell(
                kind=model.kind,
                subject=f"{model.subject} {n}",
                recipient=model.recipient,
                reader=model.reader,
                context=model.context,
                now=timezone.now(),
            )
    started = time.perf_counter()
    _until(lambda: sink.taken >= before + messages, 4 * DRAINED_WITHIN)
    seconds = time.perf_counter() - started
    used = stack.cpu_seconds()["worker"] - worker
    say(
        f"  {messages} confirmations with ticket and calendar: {seconds:.0f} s, {messages / seconds:.0f} a second, "
        f"{1000 * used / messages:.0f} ms of the worker's processor each"
    )
    return seconds


def claims(sent: int) -> tuple[float, float]:
    """Milliseconds of a claim of a batch with nothing else in the table, and with `sent` messages that were sent."""
    Message.objects.all().delete()
    alone = _claim_time()
    with connection.cursor() as cursor:
        cursor.execute(SENT, [sent])
        cursor.execute("VACUUM ANALYZE notifications_message")
    among = _claim_time()
    say(f"  a claim: {alone:.2f} ms alone, {among:.2f} ms among {sent} sent; its plan:")
    for line in _plan():
        say(f"    {line}")
    return alone, among


SENT = """
    INSERT INTO notifications_message
        (id, kind, subject, way, recipient, language, context, urgency, status, written_at, due_at, tries, copy,
         last_error, sent_at)
    SELECT gen_random_uuid(), 'booking_held', 'sent ' || n, 'email', 'a@example.com', '', '{"locator": "KV2T9X"}', 1,
        'sent', now() - n * interval '1 second', now() - n * interval '1 second', 1, 0, '', now()
    FROM generate_series(1, %s) AS n
"""


def _claim_time() -> float:
    """The median of many, each of a full batch, which is given back."""
    now = timezone.now()
    for n in range(100):
        tell(kind="account", subject=f"claim {n}", recipient="a@example.com", context={}, now=now)
    seconds = []
    for _ in range(CLAIMS):
        started = time.perf_counter()
        claimed = lease(now=now)
        seconds.append(time.perf_counter() - started)
        Message.objects.filter(pk__in=[message.pk for message in claimed]).update(due_at=now, tries=0)
    return 1000 * statistics.median(seconds)


def _plan() -> list[str]:
    sql, parameters = Message.objects.due(timezone.now())[:20].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {sql}", parameters)
        return [re.sub(r"\s+$", "", row[0])[:110] for row in cursor.fetchall()]


def _waiting() -> int:
    return Message.objects.filter(status=Message.Status.WAITING).count()


def _until(is_done: Callable[[], bool], patience: float) -> None:
    """Raises TimeoutError where it takes longer than anybody would wait."""
    ends = time.monotonic() + patience
    while not is_done():
        if time.monotonic() > ends:
            raise TimeoutError(f"{_waiting()} messages still wait after {patience:.0f} s")
        time.sleep(0.05)


def judge(told: float, drained: float, messages: int, alone: float, among: float) -> None:
    goals = {
        f"a cancelled flight is told in {told:.0f} s (aim: {TOLD_WITHIN:.0f})": told <= TOLD_WITHIN,
        f"{messages} messages drain in {drained:.0f} s (aim: {DRAINED_WITHIN:.0f})": drained <= DRAINED_WITHIN,
        f"a claim among the sent takes {among / alone:.2f} times as long (aim: {SLOWER_AT_MOST:.1f})": among
        <= SLOWER_AT_MOST * alone,
    }
    for goal, is_met in goals.items():
        say(f"  {'met    ' if is_met else 'not met'}  {goal}")
