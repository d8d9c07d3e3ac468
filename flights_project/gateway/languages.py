"""The language of a page: what its address asks for, else what this browser chose, else what the browser prefers."""

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _

ENGLISH = ("/api/", "/admin/")
"""What is English for everybody: the contract of programs, and the words of the staff desk."""
ASKED = "language"
"""The parameter of an address that is shared with its language: `/search/?…&language=hi`."""


class LanguageForm(forms.Form):
    """The switch at the foot of each page."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class PageLanguage:
    """Every page in its reader's language, and told apart by it in caches.

    Reads no account: the cookie is set where somebody chooses and where somebody logs in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(ENGLISH):
            with translation.override(settings.LANGUAGE_CODE):
                return self.get_response(request)
        asked = request.GET.get(ASKED, "")
        is_asked = asked in dict(settings.LANGUAGES)
        language = asked if is_asked else translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        response.headers.setdefault("Content-Language", language)
        if is_asked:
            remember(response, language)
        return response


def remember(response: HttpResponseBase, language: str) -> None:
    """Pages in `language` from now on, in this browser."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


def is_remembered(request: HttpRequest) -> bool:
    """Whether somebody chose a language in this browser."""
    return settings.LANGUAGE_COOKIE_NAME in request.COOKIES


def without_language(address: str) -> str:
    """A page's address as it is without asking for a language."""
    path, mark, query = address.partition("?")
    kept = "&".join(part for part in query.split("&") if part.partition("=")[0] != ASKED)
    return f"{path}?{kept}" if mark and kept else path


def current() -> str:
    """One of LANGUAGES; Django knows none where translation is switched off for a moment."""
    return translation.get_language() or settings.LANGUAGE_CODE
