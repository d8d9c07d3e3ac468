from django.urls import include, path
from rest_framework.routers import SimpleRouter

from notifications.api import views

router = SimpleRouter()
router.register("webhook-endpoints", views.WebhookEndpointViewSet, basename="webhook-endpoint")
router.register(
    r"webhook-endpoints/(?P<endpoint>[0-9a-f-]{36})/deliveries",
    views.WebhookDeliveryViewSet,
    basename="webhook-delivery",
)

urlpatterns = [
    path("events/", views.EventsView.as_view(), name="events"),
    path("", include(router.urls)),
]
