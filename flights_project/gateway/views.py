"""The page of one's own account; its other pages are allauth's."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from flights_project.gateway.forms import ProfileForm
from flights_project.gateway.models import User
from flights_project.gateway.services import rename


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user = cast("User", request.user)
    names = {"first_name": user.first_name, "last_name": user.last_name}
    form = ProfileForm(request.POST or None, initial=names)
    if form.is_valid():
        rename(user=user, **form.cleaned_data)
        messages.success(request, _("Your name is saved."))
        return redirect("account")
    return render(request, "account/profile.html", {"form": form})
