"""Pages to pay on, banks' pages, and what gateways tell us."""

from http import HTTPStatus
from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from bookings import drafts
from bookings.exceptions import GatewayUnknown
from bookings.forms import PaymentForm, payment_form
from bookings.gateways import NoticeInvalid, open_gateways
from bookings.gateways.sandbox import SandboxGateway
from bookings.messages import decline_in_words, words_for
from bookings.models import Booking, Payment
from bookings.services import payment as paying
from bookings.services.notices import hear
from bookings.services.settlement import settle
from bookings.views.own import TravellerRequest, own_trip
from flights_project.lib.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def pay(request: TravellerRequest, locator: str) -> HttpResponseBase:
    """Pays for a held booking or for ordered seats; while a payment runs, says so and asks again."""
    trip = own_trip(request, locator)
    booking = trip.booking
    if booking.status != Booking.Status.HELD and not booking.open_seat_order:
        return _go(request, "trip", booking.locator)
    form = payment_form(request.POST if request.method == "POST" else None, booking=booking)
    if form is not None and form.is_valid():
        return _pay(request, booking, form)
    failed = trip.last_payment if trip.last_payment and trip.last_payment.status == Payment.Status.FAILED else None
    failure = decline_in_words(failed.decline_code) if failed else None

    @csp_update(form.sources if form else {})
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, "bookings/pay.html", {"trip": trip, "form": form, "failure": failure})

    return page(request)


def _pay(request: HttpRequest, booking: Booking, form: PaymentForm) -> HttpResponse:
    try:
        payment = paying.pay(booking=booking, gateway=form.gateway, **form.cleaned_data, now=timezone.now())
    except DomainError as error:
        messages.warning(request, words_for(error))
        return redirect("pay", booking.locator)
    return _after_payment(request, payment)


def _after_payment(request: HttpRequest, payment: Payment) -> HttpResponse:
    """To the trip once it is paid, to the bank where it asks for the traveller, else back to the page to pay."""
    locator = payment.booking.locator
    if payment.status == Payment.Status.STARTED and payment.challenge_url:
        url = payment.challenge_url.removeprefix(settings.SITE_URL)
        # Another site's page is reached by the link of the page to pay: forms of ours lead to our own pages only.
        return redirect(url) if url.startswith("/") else redirect("pay", locator)
    if payment.status in (Payment.Status.STARTED, Payment.Status.FAILED):
        return redirect("pay", locator)
    drafts.forget(request.session, locator=locator)
    return redirect("trip", locator)


@require_safe
@never_cache
@login_required
def pay_return(request: TravellerRequest, locator: str) -> HttpResponse:
    """Back from the bank's page: what came of it is asked, whatever the address says."""
    payment = own_trip(request, locator).last_payment
    if payment is None:
        return redirect("pay", locator)
    return _after_payment(request, settle(payment=payment, now=timezone.now()))


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
        return _after_payment(request, payment)
    return render(request, "bookings/challenge_answered.html", {"payment": payment})


def _go(request: TravellerRequest, name: str, locator: str) -> HttpResponse:
    """A redirect that htmx follows with the whole page."""
    answer = redirect(name, locator)
    return HttpResponseClientRedirect(answer.url) if request.htmx else answer
