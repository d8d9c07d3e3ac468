"""Pages of what was sold: travellers' details, payment, trips."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID, uuid4

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from airlines.exceptions import NotOnSale, OfferExpired, OfferInvalid, PriceChanged, SeatsGone
from airlines.itineraries import price_table, search_again_url
from airlines.services import changes
from airlines.services.offers import OfferClaim, open_offer, price_again
from bookings.exceptions import (
    AlreadyBooked,
    BookingLimitReached,
    GatewayUnknown,
    NotReleasable,
    TooManyHolds,
    TravellerElsewhere,
)
from bookings.forms import PURPOSES, AgreedTotalForm, BookingForm, CancellationForm, PaymentForm, SeatForm, payment_form
from bookings.gateways import NoticeInvalid, open_gateways
from bookings.gateways.sandbox import SandboxGateway
from bookings.messages import decline_in_words, seated_in_words, words_for
from bookings.models import Booking, CancellationQuote, Document, Payment
from bookings.seats import SeatPage, asked_spot
from bookings.services import check_in as checking_in
from bookings.services import payment as paying
from bookings.services.cancellation import confirm_cancellation, quote_cancellation
from bookings.services.documents import write_document
from bookings.services.holds import hold_seats, release_hold
from bookings.services.notices import hear
from bookings.services.saved_travellers import save_travellers
from bookings.services.seating import choose_seats, seat_together
from bookings.services.settlement import settle
from bookings.trips import Trip
from flights_project.gateway.addresses import address_of
from flights_project.gateway.idempotency import RequestInProgress, claim_key, keep_answer, release_key
from flights_project.gateway.models import User
from flights_project.gateway.templatetags.flights import money
from flights_project.lib.errors import DomainError, InvalidRequest

TRIPS_SHOWN = 100
"""The newest bookings; a traveller makes five a quarter, and a program reads its own by the API."""


class TravellerRequest(HttpRequest):
    """A request of somebody who is logged in."""

    user: User
    htmx: HtmxDetails


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def book(request: TravellerRequest) -> HttpResponse:
    """Who travels on an offer. However often the same form is sent, it makes one booking."""
    if request.method != "POST":
        return _offer_page(request, request.GET.get("offer", ""))
    if "fill" in request.POST:
        return _fill_in(request, request.POST.get("offer", ""))
    try:
        submission = claim_key(
            caller=f"user:{request.user.pk}", key=_form_key(request), fingerprint="page", now=timezone.now()
        )
    except RequestInProgress as error:
        messages.info(request, words_for(error))
        return redirect("trips")
    if submission.status is not None:
        messages.info(request, _("You have sent this form before: this is the booking that it made."))
        return redirect("pay", submission.answer["locator"])
    booking = None
    try:
        booking, page = _hold(request, request.POST.get("offer", ""))
    finally:
        if booking is None:
            release_key(submission)
    if booking is None:
        return page
    keep_answer(submission, status=HTTPStatus.CREATED, body={"locator": booking.locator})
    return redirect("pay", booking.locator)


def _form_key(request: HttpRequest) -> str:
    try:
        return f"page-{UUID(request.POST.get('key', ''))}"
    except ValueError:
        return f"page-{uuid4()}"


def _hold(request: TravellerRequest, token: str) -> tuple[Booking | None, HttpResponse]:
    """The booking, or the page that says what stands in its way."""
    try:
        claim = open_offer(token)
        form = BookingForm(claim.party, request.POST, owner=request.user)
        booking = _hold_seats(request, claim, form) if form.is_valid() else None
        if booking is not None and form.asks_to_save:
            _save_travellers(request, form)
    except (OfferInvalid, OfferExpired, NotOnSale, SeatsGone) as error:
        return None, _offer_gone(request, token, error)
    if booking is not None:
        return booking, HttpResponse()
    return None, _offer_page(request, token, form)


def _hold_seats(request: TravellerRequest, claim: OfferClaim, form: BookingForm) -> Booking | None:
    try:
        return hold_seats(
            offer=claim,
            travellers=form.entered_travellers(),
            contact=form.entered_contact(),
            owner=request.user,
            now=timezone.now(),
            address=address_of(request),
        )
    except InvalidRequest as error:
        form.refuse(error)
    except PriceChanged:
        pass  # the page compares both prices by itself
    except (AlreadyBooked, TravellerElsewhere, BookingLimitReached, TooManyHolds) as error:
        messages.error(request, words_for(error))
    return None


def _save_travellers(request: TravellerRequest, form: BookingForm) -> None:
    """The booking stands whether or not there is room for more saved travellers."""
    try:
        save_travellers(owner=request.user, travellers=form.entered_travellers(), today=timezone.now().date())
    except InvalidRequest as error:
        messages.info(request, str(error))


def _fill_in(request: TravellerRequest, token: str) -> HttpResponse:
    """The same page with a saved traveller in one place (`fill=PLACE:ID`), and all else as it was typed."""
    position, _colon, pk = request.POST["fill"].partition(":")
    kept = dict(request.POST.items())
    if position.isdecimal() and pk.isdecimal():
        saved = get_object_or_404(request.user.saved_travellers, pk=pk)
        kept |= {f"passengers-{position}-{name}": getattr(saved, name) for name in PURPOSES}
    return _offer_page(request, token, kept=kept)


def _offer_page(
    request: TravellerRequest,
    token: str,
    form: BookingForm | None = None,
    *,
    kept: Mapping[str, object] | None = None,
) -> HttpResponse:
    """The offer at the price of now, which the form then agrees to."""
    position = changes.position()
    try:
        claim = open_offer(token)
        offer = price_again(claim, now=timezone.now())
    except DomainError as error:
        return _offer_gone(request, token, error)
    form = form or BookingForm(offer.party, owner=request.user, kept=kept)
    form.suggest(list(request.user.saved_travellers.all()), offer.slices[-1].flights[-1].departs_on)
    return render(
        request,
        "bookings/book.html",
        {
            "position": position,
            "offer": offer,
            "price": price_table(offer.price),
            "previous_total": claim.total if claim.total != offer.total else None,
            "form": form,
            "key": request.POST.get("key") or uuid4(),
            "search_again_url": search_again_url(token),
        },
    )


def _offer_gone(request: HttpRequest, token: str, error: DomainError) -> HttpResponse:
    context = {"words": words_for(error), "search_again_url": search_again_url(token)}
    return render(request, "bookings/offer_gone.html", context, status=HTTPStatus.GONE)


@require_safe
@login_required
def trips(request: TravellerRequest) -> HttpResponse:
    now = timezone.now()
    bookings = Booking.objects.of(request.user).with_journey()
    mine = [Trip(booking, now) for booking in bookings[:TRIPS_SHOWN]]
    upcoming = sorted(
        (trip for trip in mine if trip.is_upcoming), key=lambda trip: trip.slices[0].flights[0].departs_at
    )
    ended = [trip for trip in mine if not trip.is_upcoming]
    return render(request, "bookings/trips.html", {"upcoming": upcoming, "ended": ended})


def _own_trip(request: TravellerRequest, locator: str) -> Trip:
    """The traveller's own booking; another's is 404, as if there were none."""
    bookings = Booking.objects.of(request.user).with_journey()
    booking = get_object_or_404(bookings.prefetch_related("payments__refunds"), locator=locator)
    return Trip(booking, timezone.now())


@require_safe
@never_cache
@login_required
def trip(request: TravellerRequest, locator: str) -> HttpResponse:
    return render(request, "bookings/trip.html", {"trip": _own_trip(request, locator)})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def pay(request: TravellerRequest, locator: str) -> HttpResponseBase:
    """Pays for a held booking or for ordered seats; while a payment runs, says so and asks again."""
    trip = _own_trip(request, locator)
    booking = trip.booking
    if booking.status != Booking.Status.HELD and not booking.open_seat_order:
        return _go(request, "trip", booking.locator)
    form = payment_form(request.POST if request.method == "POST" else None, booking=booking)
    if form is not None and form.is_valid():
        return _pay(request, booking, form)
    failed = trip.last_payment if trip.last_payment and trip.last_payment.status == "failed" else None
    failure = decline_in_words(failed.decline_code) if failed else None

    @csp_update(form.sources if form else {})
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, "bookings/pay.html", {"trip": trip, "form": form, "failure": failure})

    return page(request)


def _pay(request: HttpRequest, booking: Booking, form: PaymentForm) -> HttpResponse:
    token = form.cleaned_data["token"]
    try:
        payment = paying.pay(booking=booking, gateway=form.gateway, token=token, now=timezone.now())
    except DomainError as error:
        messages.warning(request, words_for(error))
        return redirect("pay", booking.locator)
    return _after_payment(payment)


def _after_payment(payment: Payment) -> HttpResponse:
    """To the trip once it is paid, to the bank where it asks for the traveller, else back to the page to pay."""
    locator = payment.booking.locator
    if payment.status == Payment.Status.STARTED and payment.challenge_url:
        url = payment.challenge_url.removeprefix(settings.SITE_URL)
        # Another site's page is reached by the link of the page to pay: forms of ours lead to our own pages only.
        return redirect(url) if url.startswith("/") else redirect("pay", locator)
    if payment.status in (Payment.Status.STARTED, Payment.Status.FAILED):
        return redirect("pay", locator)
    return redirect("trip", locator)


@require_safe
@never_cache
@login_required
def pay_return(request: TravellerRequest, locator: str) -> HttpResponse:
    """Back from the bank's page: what came of it is asked, whatever the address says."""
    payment = _own_trip(request, locator).last_payment
    if payment is None:
        return redirect("pay", locator)
    return _after_payment(settle(payment=payment, now=timezone.now()))


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Stripe says what has changed. It sends the same again until it is answered with 200."""
    try:
        hear(
            gateway="stripe",
            body=request.body,
            signature=request.headers.get("Stripe-Signature", ""),
            now=timezone.now(),
        )
    except GatewayUnknown as error:
        raise Http404 from error
    except NoticeInvalid:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    return HttpResponse()


@require_POST
@login_required
def release(request: TravellerRequest, locator: str) -> HttpResponse:
    booking = _own_trip(request, locator).booking
    try:
        release_hold(booking=booking, now=timezone.now())
    except NotReleasable as error:
        messages.warning(request, words_for(error))
    else:
        messages.success(request, _("You let the seats go. Nothing was charged."))
    return redirect("trip", booking.locator)


@require_safe
@never_cache
@login_required
def e_ticket_file(request: TravellerRequest, locator: str) -> HttpResponse:
    return _document(request, locator, Document.E_TICKET)


@require_safe
@never_cache
@login_required
def calendar_file(request: TravellerRequest, locator: str) -> HttpResponse:
    return _document(request, locator, Document.CALENDAR)


def _document(request: TravellerRequest, locator: str, document: Document) -> HttpResponse:
    """One of the files of the traveller's own booking; 404 where it has none of these."""
    booking = _own_trip(request, locator).booking
    if document not in booking.documents:
        raise Http404
    written = write_document(booking, document, now=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="{written.name}"'}
    return HttpResponse(written.content, content_type=written.media_type, headers=headers)


@require_POST
@login_required
def check_in(request: TravellerRequest, locator: str) -> HttpResponse:
    booking = _own_trip(request, locator).booking
    try:
        coupons = checking_in.check_in(booking=booking, now=timezone.now())
    except DomainError as error:
        messages.warning(request, words_for(error))
    else:
        numbers = ", ".join(dict.fromkeys(coupon.flight.number for coupon in coupons))
        messages.success(request, _("Everybody is checked in: %(flights)s.") % {"flights": numbers})
    return redirect("trip", booking.locator)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def cancel(request: TravellerRequest, locator: str) -> HttpResponse:
    """What to cancel: all of the trip, some travellers, or one direction. Nothing is cancelled here yet."""
    trip = _own_trip(request, locator)
    if "cancel" not in trip.booking.available_actions:
        return redirect("trip", locator)
    form = CancellationForm(request.POST if request.method == "POST" else None, trip=trip)
    if form.is_valid():
        try:
            quote = quote_cancellation(booking=trip.booking, now=timezone.now(), **form.chosen)
        except DomainError as error:
            form.add_error(None, words_for(error))
        else:
            return redirect("confirm-cancel", locator, quote.pk)
    return render(request, "bookings/cancel.html", {"trip": trip, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def confirm_cancel(request: TravellerRequest, locator: str, quote_id: UUID) -> HttpResponse:
    """What comes back and what is kept; sent, it cancels."""
    trip = _own_trip(request, locator)
    quote = get_object_or_404(CancellationQuote, pk=quote_id, booking=trip.booking)
    if request.method != "POST":
        coupons = quote.coupons.select_related("passenger", "flight").order_by("passenger__position", "segment")
        return render(request, "bookings/confirm_cancel.html", {"trip": trip, "quote": quote, "coupons": coupons})
    try:
        confirm_cancellation(booking=trip.booking, quote_id=quote_id, now=timezone.now())
    except DomainError as error:
        messages.warning(request, words_for(error))
        return redirect("cancel", locator)
    messages.success(request, _("Cancelled. %(refund)s goes back to you.") % {"refund": money(quote.refund)})
    return redirect("trip", locator)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def seats(request: TravellerRequest, locator: str) -> HttpResponse:
    """The seat map of one flight for one traveller; sent, it saves the seat and goes on to who has none yet."""
    page = SeatPage(_own_trip(request, locator), asked_spot(request.GET))
    if page.current is None or "choose_seats" not in page.trip.booking.available_actions:
        messages.info(request, _("There are no seats to choose for this booking now."))
        return redirect("trip", locator)
    form = SeatForm(request.POST if request.method == "POST" else None, spot=page.current)
    if form.is_valid():
        choices = page.swap_for(form.cleaned_data["seat"])
        try:
            choose_seats(booking=page.trip.booking, choices=choices, now=timezone.now(), at_most=form.agreed_total)
        except DomainError as error:
            messages.warning(request, words_for(error))
            return redirect(page.current.url)
        return _after_seat(request, page)
    return render(request, "bookings/seats.html", {"page": page, "trip": page.trip, "form": form})


def _after_seat(request: TravellerRequest, page: SeatPage) -> HttpResponse:
    """On to who has no seat yet; when all have one, back to where the booking is paid or shown."""
    messages.success(request, _("Saved."))
    fresh = SeatPage(_own_trip(request, page.trip.booking.locator), None)
    booking = fresh.trip.booking
    if booking.status != Booking.Status.HELD and not booking.open_seat_order:
        return redirect("trip", booking.locator)
    return redirect(fresh.next_without_seat.url) if fresh.next_without_seat else redirect("pay", booking.locator)


@require_POST
@login_required
def seats_together(request: TravellerRequest, locator: str) -> HttpResponse:
    form = AgreedTotalForm(request.POST)
    at_most = form.cleaned_data["total"] if form.is_valid() else None
    booking = _own_trip(request, locator).booking
    try:
        seated = seat_together(booking=booking, now=timezone.now(), at_most=at_most)
    except DomainError as error:
        messages.warning(request, words_for(error))
    else:
        for each in seated:
            messages.success(request, f"{each.flight.number}: {seated_in_words(each)}")
    return redirect("seats", locator)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sandbox_challenge(request: HttpRequest, key: UUID) -> HttpResponse:
    """The page of the sandbox's bank: approve or decline a charge that waits for it. A bank asks for no log-in of
    ours: whoever has the address answers, as an integrator's customer does."""
    if SandboxGateway.name not in open_gateways():
        raise Http404
    waiting = Payment.objects.filter(gateway=SandboxGateway.name).select_related("booking")
    payment = get_object_or_404(waiting, pk=key)
    if payment.challenge_url and request.method != "POST":
        return render(request, "bookings/challenge.html", {"payment": payment})
    now = timezone.now()
    if payment.challenge_url:
        SandboxGateway.answer_challenge(key=key, approve="approve" in request.POST, now=now)
        payment = settle(payment=payment, now=now)
    if payment.booking.owner_id == request.user.pk:
        return _after_payment(payment)
    return render(request, "bookings/challenge_answered.html", {"payment": payment})


def _go(request: TravellerRequest, name: str, locator: str) -> HttpResponse:
    """A redirect that htmx follows with the whole page."""
    answer = redirect(name, locator)
    return HttpResponseClientRedirect(answer.url) if request.htmx else answer
