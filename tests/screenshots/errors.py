"""The pages of errors, which nobody meets by walking: drawn here as the server draws them, and served in its place."""

from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import Route

from tests.screenshots.camera import Camera

ERRORS = ("400", "403", "403_csrf", "413", "429", "500", "503")


def fail(camera: Camera) -> None:
    """Each of them; a page that is not there and one without a network are opened as they are."""
    camera.serve("**/errors/*", _answer)
    for name in ERRORS:
        camera.open(f"/errors/{name}", f"error-{name}")
    camera.open("/nowhere/", "error-404")
    camera.open("/offline/", "offline")


def _answer(route: Route) -> None:
    from django.contrib.auth.models import AnonymousUser  # noqa: PLC0415 -- Django is set up now

    name = route.request.url.rpartition("/")[2]
    language = route.request.headers.get("accept-language", "en")[:2]
    request = RequestFactory().get(f"/errors/{name}")
    request.user = AnonymousUser()
    with translation.override(language):
        route.fulfill(content_type="text/html; charset=utf-8", body=render_to_string(f"{name}.html", request=request))
