"""The pages on which staff act for a traveller: say what and why, see what it would do, confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from bookings.admin.acts import ACTS, ActForm, CancelForm, RenameForm
from bookings.admin.finding import find_bookings, page_of
from bookings.admin.story import Story, act_in_words, told
from bookings.models import Booking, CancellationQuote, DeskAct, Payment
from bookings.trips import Trip
from flights_project.gateway.models import User
from flights_project.gateway.templatetags.flights import money
from flights_project.lib.errors import DomainError
from notifications.models import Message
from notifications.services.rendering import Rendered, render


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be done, and the first letter that would go out."""

    words: str
    letter: Rendered | None = None
    recipient: str = ""
    quote: CancellationQuote | None = None


class Acting:
    """The pages for `ACTS`, reached from a booking's story."""

    admin_site: Any
    opts: Any
    has_view_permission: Any

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.act_page)
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]  # beside a page of the desk
        return [path("<int:pk>/act/<slug:name>/", page, name="bookings_booking_act"), *urls]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Who looks for one booking and finds it is led to its story."""
        words = request.GET.get("q", "").replace("\x00", "").strip()
        if words and request.method == "GET" and set(request.GET) == {"q"} and self.has_view_permission(request):
            found = list(find_bookings(Booking.objects.order_by(), words)[:2])
            if len(found) == 1:
                return redirect(page_of(found[0]))
        return super().changelist_view(request, extra_context)  # type: ignore[misc]  # beside a page of the desk

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The story comes first; the tables below are its rows."""
        booking = told(Booking.objects.all()).filter(pk=object_id).first() if object_id.isdecimal() else None
        shown: dict[str, Any] = extra_context or {}
        if booking is not None:
            story = Story(booking, request.user, timezone.now())
            shown |= {"story": story, "acts": acts_for(request, booking)}
        return super().change_view(request, object_id, form_url, shown)  # type: ignore[misc]  # likewise

    def act_page(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """The form; sent, what it would do; confirmed, it is done."""
        if name not in ACTS:
            raise Http404
        if not may(request, name):
            raise PermissionDenied
        booking = get_object_or_404(told(Booking.objects.all()), pk=pk)
        if request.method == "GET" and not ACTS[name].fits(booking):
            messages.warning(request, _("This cannot be done with this booking now."))
            return redirect(page_of(booking))
        form = _form(request, name, Trip(booking, timezone.now()))
        preview = None
        if form.is_valid():
            try:
                if "confirm" in request.POST or not (form.previews or isinstance(form, CancelForm)):
                    return _done(request, form)
                preview = _preview(form, timezone.now())
            except DomainError as error:
                form.refuse(error)
        context = self.admin_site.each_context(request) | {"title": ACTS[name].title, "opts": self.opts}
        context |= {"booking": booking, "form": form, "preview": preview, "act": ACTS[name], "name": name}
        return TemplateResponse(request, "desk/act.html", context)


def may(request: HttpRequest, name: str) -> bool:
    return bool(request.user.has_perms(["bookings.view_booking", f"bookings.{ACTS[name].right}_booking"]))


def acts_for(request: HttpRequest, booking: Booking) -> Sequence[tuple[str, str | Promise]]:
    """Links to what somebody may do with a booking now."""
    there = [name for name, act in ACTS.items() if may(request, name) and act.fits(booking)]
    return [(reverse("admin:bookings_booking_act", args=[booking.pk, name]), ACTS[name].title) for name in there]


def _form(request: HttpRequest, name: str, trip: Trip) -> ActForm:
    kind = ACTS[name].form
    sent = request.POST if request.method == "POST" else None
    about: dict[str, Any] = {"trip": trip, "by": cast("User", request.user)}
    if issubclass(kind, RenameForm):
        position = request.GET.get("traveller", "")
        everybody = list(trip.booking.passengers.all())
        named = [each for each in everybody if str(each.position) == position]
        about["passenger"] = (named or everybody)[0]
    return kind(sent, **about)


def _done(request: HttpRequest, form: ActForm) -> HttpResponse:
    with pghistory.context(reason=form.cleaned_data["reason"]):
        act = form.carry_out(timezone.now())
    if act.kind == DeskAct.Kind.PAY:
        _say_how_it_stands(request, Payment.objects.get(pk=act.facts["payment"]))
    else:
        messages.success(request, act_in_words(act))
    return redirect(page_of(act.booking))


def _say_how_it_stands(request: HttpRequest, payment: Payment) -> None:
    if payment.status == Payment.Status.SUCCEEDED:
        messages.success(request, _("%(amount)s was taken.") % {"amount": money(payment.amount)})
    elif payment.challenge_url:
        messages.warning(request, _("The bank asks whoever pays to confirm, on the page where they pay."))
    elif payment.status == Payment.Status.STARTED:
        messages.warning(request, _("The bank has not answered yet: the story will say how it ended."))
    elif payment.status == Payment.Status.FAILED:
        messages.error(request, _("The bank took no money."))


def _preview(form: ActForm, now: datetime) -> Preview:
    """What would happen is tried and taken back; a quote to cancel stays, for the next form to confirm."""
    if isinstance(form, CancelForm):
        return Preview("", quote=form.ask(now))
    with transaction.atomic():
        before = set(Message.objects.filter(written_at=now).values_list("pk", flat=True))
        words = act_in_words(form.carry_out(now))
        letter = Message.objects.filter(written_at=now).exclude(pk__in=before).order_by("subject", "way").first()
        preview = Preview(words, render(letter), letter.recipient) if letter else Preview(words)
        transaction.set_rollback(True)
    return preview
