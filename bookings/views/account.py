"""Pages of one's account that know of bookings: saved travellers, one's own data, the end of the account."""

from typing import Any

import orjson
from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.exceptions import AccountInUse
from bookings.forms import PersonForm
from bookings.messages import words_for
from bookings.services.personal_data import close_account, personal_data
from bookings.services.saved_travellers import forget_traveller, save_travellers
from bookings.views.own import TravellerRequest
from flights_project.lib.errors import InvalidRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def saved_travellers(request: TravellerRequest) -> HttpResponse:
    """Those whom the next booking can be filled in with, and room for one more."""
    form = PersonForm(request.POST or None, label_suffix="")
    if form.is_valid() and _save(request, form):
        messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["given_name"]})
        return redirect("saved-travellers")
    return render(request, "account/travellers.html", {"form": form, "travellers": request.user.saved_travellers.all()})


def _save(request: TravellerRequest, form: PersonForm) -> bool:
    try:
        save_travellers(owner=request.user, travellers=[form.person], today=timezone.now().date())
    except InvalidRequest as error:
        for field, faults in error.errors.items():
            form.add_error(field, faults)
        return False
    return True


@require_POST
@login_required
def remove_traveller(request: TravellerRequest, pk: int) -> HttpResponse:
    if not forget_traveller(owner=request.user, pk=pk):
        raise Http404
    messages.success(request, _("The traveller is removed. Bookings keep who travels."))
    return redirect("saved-travellers")


@require_safe
@never_cache
@login_required
def own_data(request: TravellerRequest) -> HttpResponse:
    return render(request, "account/data.html")


@require_safe
@never_cache
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def data_file(request: TravellerRequest) -> HttpResponse:
    """Everything that is kept of whoever asks, as a JSON file."""
    content = orjson.dumps(personal_data(request.user), default=str, option=orjson.OPT_INDENT_2)
    name = f"flights-{timezone.now():%Y-%m-%d}.json"
    return HttpResponse(
        content,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def close(request: TravellerRequest) -> HttpResponse:
    """Asks once more, then erases the account; or says what is not over yet."""
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            close_account(user=request.user, now=timezone.now())
        except AccountInUse as error:
            context = {"refused": words_for(error), "bookings": error.facts.get("bookings", [])}
        else:
            logout(request)
            messages.success(request, _("Your account is closed."))
            return redirect("home")
    return render(request, "account/close.html", context)
