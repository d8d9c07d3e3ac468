"""Pages of prices that somebody follows, and the link in each mail that stops one."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from airlines.exceptions import AlreadyFollowed, TooManyAlerts
from airlines.page_forms import listed_places
from airlines.price_forms import FollowForm
from airlines.price_pages import for_page
from airlines.services.price_alerts import alert_of, alerts_of, follow, followed, journey_of, prices_of, stop
from flights_project.gateway.models import User
from flights_project.lib.errors import InvalidRequest

PERCENT = 10
"""What is proposed to wait for."""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def follow_price(request: HttpRequest) -> HttpResponse:
    """What to wait for, of a journey that the address may name."""
    now = timezone.now()
    form = FollowForm(request.POST or None, initial={"percent": PERCENT} | request.GET.dict(), now=now)
    if form.is_valid() and _followed(request, form):
        messages.success(request, _("We follow this price and write to you when it falls."))
        return redirect("price-alerts")
    return render(request, "airlines/follow_price.html", {"form": for_page(form), "places": listed_places()})


def _followed(request: HttpRequest, form: FollowForm) -> bool:
    """Whether it is followed now; what stands in the way is said beside its field."""
    try:
        follow(owner=cast("User", request.user), wish=form.wish, now=form.now)
    except InvalidRequest as error:
        for field, faults in error.errors.items():
            form.add_error(field, faults)
    except (AlreadyFollowed, TooManyAlerts) as error:
        form.add_error(None, str(error))
    return form.is_valid()


@require_safe
@never_cache
@login_required
def followed_prices(request: HttpRequest) -> HttpResponse:
    """What somebody follows, and what it costs now."""
    alerts = list(alerts_of(cast("User", request.user), now=timezone.now()))
    prices = prices_of(alerts)
    listed = [(alert, journey_of(alert), prices[alert.pk]) for alert in alerts]
    return render(request, "airlines/followed_prices.html", {"followed": listed})


@require_POST
@login_required
def stop_following(request: HttpRequest, alert: UUID) -> HttpResponse:
    """Another's is 404, as if there were none."""
    found = get_object_or_404(alerts_of(cast("User", request.user), now=timezone.now()), pk=alert)
    stop(alert=found.pk)
    messages.success(request, _("We do not follow this price any more."))
    return redirect("price-alerts")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stop_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """One click in a mail program (RFC 8058) is a POST without cookies; whoever follows the link is asked first."""
    alert = alert_of(token)
    if alert is None:
        raise Http404
    found = followed(alert)
    if request.method == "POST":
        stop(alert=alert)
    shown = {"alert": found, "journey": found and journey_of(found), "is_done": request.method == "POST"}
    return render(request, "airlines/stop_following.html", shown)
