"""How many seats are sold beyond those of the airplane, and who would be left behind if everybody came."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from airlines.models import CabinClass, Flight
from airlines.services.overbooking import set_overbooking, share_of
from bookings.admin.finding import page_of
from bookings.messages import words_for
from bookings.services.denied_boarding import Aboard, overbooked_cabins
from flights_project.lib.errors import DomainError, InvalidRequest

SEE, SET = ("airlines.view_flight", "bookings.view_coupon"), "airlines.change_flightfare"
"""Who is aboard is seen by whoever sees coupons; the limit is a matter of revenue."""
LIMIT = re.compile(r"^\s*(\d{1,3})\s*(%?)\s*\Z")


class LimitForm(forms.Form):
    """So many seats, `4`, or a share of the airplane's, `5 %`."""

    cabin = forms.ChoiceField(choices=CabinClass.choices)
    limit = forms.CharField()

    def seats_of(self, flight: Flight) -> int:
        """The limit in seats. Raises ValidationError where it is neither."""
        typed = LIMIT.match(self.cleaned_data["limit"])
        cabin = next((each for each in flight.cabins.all() if each.cabin == self.cleaned_data["cabin"]), None)
        if typed is None or cabin is None:
            raise ValidationError(_("Overbooking: a number of seats, such as 4, or a percentage, such as 5 %."))
        number = int(typed[1])
        return share_of(cabin, number) if typed[2] else number


class OverbookingPages:
    """The page, reached from a flight's."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.overbooking_page)
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]  # beside a page of the desk
        return [path("<int:pk>/overbooking/", page, name="bookings_flight_overbooking"), *urls]

    @admin.display(description=gettext_lazy("overbooking"))
    def overbooking(self, flight: Flight) -> str:
        url = reverse("admin:bookings_flight_overbooking", args=[flight.pk])
        words = _("Limit, and who would be left behind")
        return format_html('<a href="{}" class="text-link">{}</a>', url, words)

    def overbooking_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Each cabin's limit and who would be left behind of it; sent, a limit is set."""
        flight = get_object_or_404(Flight.objects.with_places().prefetch_related("cabins"), pk=pk)
        may_see, may_set = request.user.has_perms(SEE), request.user.has_perm(SET)
        if not (may_see or may_set):
            raise PermissionDenied
        if request.method == "POST":
            if not may_set:
                raise PermissionDenied
            _set(request, flight)
            return redirect("admin:bookings_flight_overbooking", flight.pk)
        context = self.admin_site.each_context(request) | {
            "title": _("Overbooking"),
            "flight": flight,
            "may_set": may_set and flight.status in Flight.FOR_SALE,
            "may_see": may_see,
            "cabins": [
                (each.cabin, [(page_of(party.booking), party, _names(party)) for party in each.behind])
                for each in overbooked_cabins(flight)
            ],
            "opts": self.opts,
        }
        return TemplateResponse(request, "desk/overbooking.html", context)


def _set(request: HttpRequest, flight: Flight) -> None:
    form = LimitForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Overbooking: a number of seats, such as 4, or a percentage, such as 5 %."))
        return
    try:
        cabin = set_overbooking(flight=flight, cabin=form.cleaned_data["cabin"], seats=form.seats_of(flight))
    except InvalidRequest as refused:
        messages.error(request, " ".join(refused.errors["overbooking"]))
    except ValidationError as refused:
        messages.error(request, refused.message)
    except DomainError as error:
        messages.error(request, words_for(error))
    else:
        words = _("%(cabin)s: %(seats)d seats are sold beyond those of the airplane, at most.")
        messages.success(request, words % {"cabin": cabin.get_cabin_display(), "seats": cabin.limit})


def _names(party: Aboard) -> str:
    return ", ".join(str(traveller) for traveller in party.booking.passengers.all())
