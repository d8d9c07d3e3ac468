"""Who flies on a flight, to take away from its page."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy

from airlines.models import Flight
from bookings.services.manifests import Manifest, manifest_csv, manifest_of, manifest_pdf, manifest_xlsx
from flights_project.lib.tables import TABLE_TYPES

RIGHT = "bookings.manifest_report"
FILES: dict[str, tuple[str, Callable[[Manifest], bytes]]] = {
    "pdf": ("application/pdf", lambda manifest: manifest_pdf(manifest, now=timezone.now())),
    "csv": (TABLE_TYPES["csv"], manifest_csv),
    "xlsx": (TABLE_TYPES["xlsx"], manifest_xlsx),
}


class Manifests:
    """For the page of a flight. Who took a list away is in the flight's log."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.manifest_file)
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]  # beside a page of the desk
        return [path("<int:pk>/manifest.<slug:ending>", page, name="bookings_flight_manifest"), *urls]

    @admin.display(description=gettext_lazy("passenger manifest"))
    def manifest(self, flight: Flight) -> str:
        links = ((reverse("admin:bookings_flight_manifest", args=[flight.pk, each]), each.upper()) for each in FILES)
        return format_html_join(" · ", '<a href="{}" class="text-link">{}</a>', links)

    def manifest_file(self, request: HttpRequest, pk: int, ending: str) -> HttpResponse:
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied
        if ending not in FILES:
            raise Http404
        flight = get_object_or_404(Flight.objects.with_places().select_related("airplane"), pk=pk)
        media_type, write = FILES[ending]
        content = write(manifest_of(flight))
        words = f"Passenger manifest taken away as {ending.upper()}"
        LogEntry.objects.log_actions(str(request.user.pk), [flight], CHANGE, words, single_object=True)
        name = f"manifest-{flight.number}-{flight.departs_on}.{ending}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=media_type, headers=headers)
