"""The story of a booking: who, what, the money, and one timeline of all that happened to it, with who did it and why.

Rows say when they began, and triggers' events what became of them. What somebody may not see is not read.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.admin.finding import found_by, page_of
from bookings.messages import decline_in_words
from bookings.models import Booking, Coupon, DeskAct, Payment, Refund
from bookings.querysets import BookingQuerySet
from bookings.trips import Trip
from flights_project.gateway.desk_history import DOORS, door_in_words, reason_of, who_did
from flights_project.gateway.history import signed
from flights_project.gateway.models import User
from flights_project.gateway.templatetags.flights import money
from notifications.kinds import KINDS
from notifications.models import Message

LONGEST = 300
"""Lines of a source that are read, the newest."""
NAMED = 4
UNUSUAL = ("overruled", "came", "corrected_address")
"""Facts of an act that have words of their own."""
ACT_WORDS: dict[tuple[str, str], str | Promise] = {
    ("hold", ""): gettext_lazy("Held for the traveller: %(amount)s"),
    ("pay", ""): gettext_lazy("Payment asked for the traveller: %(amount)s"),
    ("cancel", ""): gettext_lazy("Cancelled for the traveller: %(amount)s goes back"),
    ("waive", ""): gettext_lazy("Penalty waived: %(amount)s goes back"),
    ("rename", ""): gettext_lazy("Name corrected: %(before)s → %(after)s"),
    ("rename", "overruled"): gettext_lazy("Name corrected beyond the limit: %(before)s → %(after)s"),
    ("divide", ""): gettext_lazy("Split off into %(locator)s: %(names)s, with %(amount)s"),
    ("divide", "came"): gettext_lazy("Split off from %(locator)s: %(names)s, with %(amount)s"),
    ("resend", ""): gettext_lazy("Sent again"),
    ("resend", "corrected_address"): gettext_lazy("Sent again, to another address from now on"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `url` leads to its row."""

    at: datetime
    kind: str
    words: str
    who: str = ""
    door: str = ""
    why: str = ""
    url: str = ""


@dataclass(frozen=True)
class Ledger:
    """Charged less given back is what the coupons are worth with what was kept of cancelled ones."""

    charged: Decimal
    given_back: Decimal
    waived: Decimal
    kept: Decimal
    worth: Decimal

    @property
    def balance(self) -> Decimal:
        return self.charged - self.given_back

    @property
    def agrees(self) -> bool:
        return self.balance == self.worth + self.kept


@dataclass(frozen=True)
class Story:
    """A booking as somebody of the staff may see it; it comes from `told()`."""

    booking: Booking
    reader: User | AnonymousUser
    now: datetime

    @cached_property
    def trip(self) -> Trip:
        return Trip(self.booking, self.now)

    @cached_property
    def sees_money(self) -> bool:
        return self.reader.has_perms(["bookings.view_payment", "bookings.view_refund"])

    @cached_property
    def sees_messages(self) -> bool:
        return self.reader.has_perm("notifications.view_message")

    @property
    def ledger(self) -> Ledger:
        payments = [each for each in self.booking.payments.all() if each.status in Payment.TAKEN]
        refunds = [refund for payment in payments for refund in payment.refunds.all()]
        counted = (*Coupon.SOLD, Coupon.Status.CANCELLED)
        coupons = [each for each in self.booking.coupons.all() if each.status in counted]
        cancelled = [each for each in coupons if each.status == Coupon.Status.CANCELLED]
        return Ledger(
            charged=sum((each.amount for each in payments), Decimal()),
            given_back=sum((each.amount for each in refunds), Decimal()),
            waived=sum((each.amount for each in refunds if each.reason == Refund.Reason.WAIVED), Decimal()),
            kept=sum((each.penalty for each in cancelled), Decimal()),
            worth=sum((each.total for each in coupons if each not in cancelled), Decimal()),
        )

    @cached_property
    def lines(self) -> list[Line]:
        """The newest first."""
        sources = [self._states(), self._acts(), self._coupons(), self._changes()]
        if self.sees_money:
            sources += [self._payments(), self._refunds(), self._quotes()]
        if self.sees_messages:
            sources.append(self._messages())
        return sorted(chain.from_iterable(sources), key=lambda line: line.at, reverse=True)

    def _states(self) -> Iterator[Line]:
        booking = self.booking
        yield Line(booking.held_at, _("booking"), _("Seats held"), who=booking.owner.email)
        status, total, email = Booking.Status.HELD.value, None, None
        for event in _events(Booking, pgh_obj=booking.pk):
            words = []
            if event.status != status:
                words.append(capfirst(str(Booking.Status(event.status).label)))
            if total is not None and event.total != total:
                words.append(_("Total %(total)s") % {"total": money(event.total)})
            if email is not None and event.contact_email != email:
                words.append(_("Messages go to %(email)s") % {"email": event.contact_email})
            status, total, email = event.status, event.total, event.contact_email
            if words:
                yield _signed(event, _("booking"), ", ".join(words))

    def _acts(self) -> Iterator[Line]:
        for act in self.booking.desk_acts.all():
            url = found_by(act.facts["locator"]) if act.kind == DeskAct.Kind.DIVIDE else ""
            who, door = act.by.email, str(DOORS["desk"])
            yield Line(act.done_at, _("staff"), act_in_words(act), who=who, door=door, why=act.reason, url=url)

    def _coupons(self) -> Iterator[Line]:
        """What became of coupons in one go is one line."""
        names = {coupon.pk: f"{coupon.passenger} {coupon.flight.number}" for coupon in self._named_coupons}
        state: dict[int, tuple[str, int | None]] = defaultdict(lambda: (Coupon.Status.HELD, None))
        lines: dict[tuple[datetime, str], list[Any]] = {}
        for event in _events(Coupon, pgh_obj__booking=self.booking.pk):
            status, seat = state[event.pgh_obj_id]
            state[event.pgh_obj_id] = event.status, event.seat_id
            if event.status not in (status, Coupon.Status.OPEN):
                words = capfirst(str(Coupon.Status(event.status).label))
            elif event.seat_id != seat:
                words = _("Another seat")
            else:
                continue
            lines.setdefault((event.pgh_created_at, words), [event]).append(names[event.pgh_obj_id])
        for (_at, words), (event, *whom) in lines.items():
            yield _signed(event, _("seats"), f"{words}: {_listed(whom)}")

    @cached_property
    def _named_coupons(self) -> list[Coupon]:
        passengers = {each.pk: each for each in self.booking.passengers.all()}
        coupons = list(self.booking.coupons.all())
        for coupon in coupons:
            coupon.passenger = passengers[coupon.passenger_id]
        return coupons

    def _changes(self) -> Iterator[Line]:
        for change in self.booking.changes.all():
            where = capfirst(f"{change.get_cause_display()}: {change.flight.number}")
            yield Line(change.opened_at, _("change"), where)
            if change.closed_at:
                words = f"{change.flight.number}: {change.get_status_display()}"
                by = change.decided_by.email if change.decided_by else ""
                yield Line(change.closed_at, _("change"), words, who=by)

    def _payments(self) -> Iterator[Line]:
        payments = {payment.pk: payment for payment in self.booking.payments.all()}
        events = _events(Payment, pgh_obj__in=list(payments))
        asked = {event.pgh_obj_id: event.amount for event in reversed(events)}
        for payment in payments.values():
            words = _("%(amount)s asked by %(gateway)s")
            if payment.part_of_id:
                words = _("%(amount)s came along, paid by %(gateway)s")
            facts = {"amount": money(asked.get(payment.pk, payment.amount)), "gateway": payment.gateway}
            yield Line(payment.started_at, _("money"), words % facts, url=page_of(payment))
        status: dict[Any, str] = defaultdict(lambda: Payment.Status.STARTED)
        for event in events:
            if event.status != status[event.pgh_obj_id]:
                status[event.pgh_obj_id] = event.status
                words = f"{money(event.amount)} {Payment.Status(event.status).label}"
                why = decline_in_words(event.decline_code) if event.status == Payment.Status.FAILED else ""
                yield _signed(event, _("money"), words, why=why, url=page_of(payments[event.pgh_obj_id]))

    def _refunds(self) -> Iterator[Line]:
        for refund in self.trip.refunds:
            facts, url = {"amount": money(refund.amount)}, page_of(refund)
            why = str(refund.get_reason_display())
            yield Line(refund.started_at, _("money"), _("%(amount)s goes back") % facts, why=why, url=url)
            if refund.paid_at:
                yield Line(refund.paid_at, _("money"), _("%(amount)s was paid back") % facts, url=url)

    def _quotes(self) -> Iterator[Line]:
        for quote in self.booking.cancellation_quotes.all():
            facts = {"refund": money(quote.refund), "kept": money(quote.penalty)}
            yield Line(quote.quoted_at, _("money"), _("Quote: %(refund)s back, %(kept)s kept") % facts)

    def _messages(self) -> Iterator[Line]:
        about = Message.objects.filter(subject__istartswith=self.booking.locator).order_by("-written_at")[:LONGEST]
        for message in about:
            label = KINDS[message.kind].label if message.kind in KINDS else message.kind
            words = f"{label} → {message.recipient} ({message.get_status_display()})"
            yield Line(message.written_at, _("message"), words, url=page_of(message))


def told(bookings: BookingQuerySet) -> BookingQuerySet:
    """With everything that a story tells, in a number of queries that does not grow."""
    return (
        bookings.with_journey()
        .select_related("owner", "family")
        .prefetch_related(
            "payments__refunds", "desk_acts__by", "cancellation_quotes", "changes__decided_by", "coupons__flight"
        )
    )


def act_in_words(act: DeskAct) -> str:
    """What staff did."""
    facts: dict[str, Any] = act.facts | {"names": _listed(act.facts.get("names", []))}
    if "amount" in facts:
        facts["amount"] = money(facts["amount"])
    unusual = next((name for name in UNUSUAL if facts.get(name)), "")
    return str(ACT_WORDS[act.kind, unusual]) % facts


def _events(model: type[Model], **which: Any) -> list[Any]:
    """The newest events of some rows, the oldest of them first."""
    events = model._meta.get_field("events").related_model.objects.filter(**which)  # type: ignore[union-attr]  # noqa: SLF001 -- Django's documented name
    return list(signed(events).order_by("-pgh_id")[:LONGEST])[::-1]


def _signed(event: Any, kind: str, words: str, *, why: str = "", url: str = "") -> Line:
    return Line(
        event.pgh_created_at,
        kind,
        words,
        who=who_did(event),
        door=door_in_words(event),
        why=why or reason_of(event),
        url=url,
    )


def _listed(names: list[str]) -> str:
    more = f" + {len(names) - NAMED}" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
