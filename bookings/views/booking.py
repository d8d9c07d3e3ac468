"""The page on which travellers of an offer are named, and its seats are held."""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from airlines.exceptions import NotOnSale, OfferExpired, OfferInvalid, PriceChanged, SeatsGone
from airlines.itineraries import price_table, search_again_url
from airlines.services import changes
from airlines.services.offers import OfferClaim, open_offer, open_old_offer, price_again
from bookings import drafts
from bookings.exceptions import AlreadyBooked, BookingLimitReached, TooManyHolds, TravellerElsewhere
from bookings.forms import PURPOSES, BookingForm, prefix_of
from bookings.messages import words_for
from bookings.models import Booking
from bookings.services.holds import hold_seats
from bookings.services.saved_travellers import save_travellers
from bookings.views.own import TravellerRequest
from flights_project.gateway.addresses import address_of
from flights_project.gateway.idempotency import RequestInProgress, claim_key, keep_answer, release_key
from flights_project.lib.errors import DomainError, InvalidRequest


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
    """The booking, or where it is said what stands in its way. What was typed is kept in any case."""
    try:
        claim, has_lapsed = _open(token)
        drafts.keep(request.session, offer=claim, typed=request.POST.dict())
        form = BookingForm(claim.party, request.POST, owner=request.user)
        booking = _hold_seats(request, claim, form) if form.is_valid() and not has_lapsed else None
        if booking is not None:
            drafts.hand_over(request.session, offer=claim, locator=booking.locator)
            if form.asks_to_save:
                _save_travellers(request, form)
    except (OfferInvalid, NotOnSale, SeatsGone) as error:
        return None, _offer_gone(request, token, error)
    return booking, _to_the_offer(token, is_checked=True)


def _to_the_offer(token: str, *, is_checked: bool = False, anchor: str = "") -> HttpResponse:
    """The page of an offer by its address, so that going back to it or loading it again never sends a form again."""
    query = urlencode({"offer": token} | ({"checked": "yes"} if is_checked else {}))
    return redirect(f"{reverse('book')}?{query}{anchor}")


def _open(token: str) -> tuple[OfferClaim, bool]:
    """What an offer claims, and whether its time is over: its price is then looked up and agreed to again."""
    try:
        return open_offer(token), False
    except OfferExpired:
        return open_old_offer(token), True


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
        drafts.keep(request.session, offer=claim, typed=request.POST.dict(), faults=error.errors)
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
    try:
        claim, _has_lapsed = _open(token)
    except OfferInvalid as error:
        return _offer_gone(request, token, error)
    position, _colon, pk = request.POST["fill"].partition(":")
    typed, anchor = request.POST.dict(), ""
    if position.isdecimal() and pk.isdecimal():
        saved = get_object_or_404(request.user.saved_travellers, pk=pk)
        typed |= {f"{prefix_of(int(position))}-{name}": str(getattr(saved, name)) for name in PURPOSES}
        anchor = f"#traveller-{int(position)}"
    drafts.keep(request.session, offer=claim, typed=typed)
    return _to_the_offer(token, anchor=anchor)


@require_POST
@login_required
def keep_typed(request: TravellerRequest) -> HttpResponse:
    """What is typed so far, sent by the page while it is open, so that going back or reloading loses nothing."""
    try:
        claim, _has_lapsed = _open(request.POST.get("offer", ""))
    except OfferInvalid:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    drafts.keep(request.session, offer=claim, typed=request.POST.dict())
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _offer_page(request: TravellerRequest, token: str) -> HttpResponse:
    """The offer at the price of now, which the form then agrees to; after it was sent, with what was wrong with it."""
    position = changes.position()
    try:
        claim, has_lapsed = _open(token)
        offer = price_again(claim, now=timezone.now())
    except DomainError as error:
        return _offer_gone(request, token, error)
    form = _kept_form(request, claim)
    form.suggest(list(request.user.saved_travellers.all()), offer.slices[-1].flights[-1].departs_on)
    return render(
        request,
        "bookings/book.html",
        {
            "position": position,
            "offer": offer,
            "price": price_table(offer.price),
            "has_lapsed": has_lapsed,
            "previous_total": claim.total if claim.total != offer.total else None,
            "form": form,
            "key": uuid4(),
            "held": Booking.objects.of(request.user).held().on_flights(claim.flights).first(),
            "search_again_url": search_again_url(token),
        },
    )


def _kept_form(request: TravellerRequest, claim: OfferClaim) -> BookingForm:
    """With what was typed so far; with its faults too where it was sent."""
    typed = drafts.recall(request.session, offer=claim)
    if "checked" not in request.GET or not drafts.is_kept(request.session):
        return BookingForm(claim.party, owner=request.user, kept=typed)
    form = BookingForm(claim.party, typed, owner=request.user)
    if form.is_valid():
        form.refuse(drafts.faults_of(request.session, offer=claim))
    return form


def _offer_gone(request: HttpRequest, token: str, error: DomainError) -> HttpResponse:
    context = {
        "words": words_for(error),
        "search_again_url": search_again_url(token),
        "is_typed": drafts.is_kept(request.session),
    }
    return render(request, "bookings/offer_gone.html", context, status=HTTPStatus.GONE)
