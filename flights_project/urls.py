"""Every door: pages, the staff desk, the API, health and metrics."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from flights_project import api
from flights_project.gateway import health, metrics
from flights_project.gateway.problems import not_found
from flights_project.gateway.views import Guide, choose_language, offline, profile, service_worker
from flights_project.problem_types import ProblemTypes

handler400 = "flights_project.api.bad_request"
handler403 = "flights_project.api.forbidden"
handler404 = "flights_project.api.page_not_found"
handler500 = "flights_project.api.server_error"

urlpatterns = [
    # Looked through from the top: what is asked most often comes first.
    path("api/v1/", include(api.urlpatterns)),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/v1/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", http_method_names=["get", "head"]),
        name="api-docs",
    ),
    path("api/v1/guide/", Guide.as_view(), name="guide"),
    path("api/v1/problems/", ProblemTypes.as_view(), name="problem-types"),
    re_path(r"^api/", not_found),
    path("", include("airlines.urls")),
    path("", include("bookings.urls")),
    path("", include("notifications.urls")),
    path("account/", profile, name="account"),
    path("language/", choose_language, name="language"),
    path("offline/", offline, name="offline"),
    path("service-worker.js", service_worker, name="service-worker"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
