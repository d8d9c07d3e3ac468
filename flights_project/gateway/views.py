"""The page of one's own account (its other pages are allauth's), the choice of a language, what is shown offline, and
the integrators' guide."""

from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.generic import View

from flights_project.gateway import languages, services
from flights_project.gateway.forms import ProfileForm
from flights_project.gateway.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user = cast("User", request.user)
    names = {"first_name": user.first_name, "last_name": user.last_name}
    form = ProfileForm(request.POST or None, initial=names)
    if form.is_valid():
        services.rename(user=user, **form.cleaned_data)
        messages.success(request, _("Your name is saved."))
        return redirect("account")
    return render(request, "account/profile.html", {"form": form})


@require_POST
@never_cache
def choose_language(request: HttpRequest) -> HttpResponse:
    """Pages in another language, and for members messages and files too; back to the page that asked."""
    form = languages.LanguageForm(request.POST)
    back = languages.without_language(request.POST.get("next", ""))
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if is_ours else "home")
    if form.is_valid():
        language = form.cleaned_data["language"]
        if request.user.is_authenticated:
            services.choose_language(user=request.user, language=language)
        languages.remember(response, language)
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What a browser keeps to show where there is no network."""
    return render(request, "offline.html")


@require_safe
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows it: under the address of all pages, as it answers for them."""
    return render(request, "service-worker.js", content_type="text/javascript")


class Guide(View):
    """`docs/integrating.md` as it is written, where the API that it is about is looked for."""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest) -> HttpResponse:
        words = Path(settings.BASE_DIR, "docs/integrating.md").read_bytes()
        return HttpResponse(words, content_type="text/plain; charset=utf-8")
