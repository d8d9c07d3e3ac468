from django.urls import include, path
from rest_framework.routers import SimpleRouter

from bookings.api import changes, views

router = SimpleRouter()
router.register("bookings", views.BookingViewSet, basename="booking")

urlpatterns = [
    path("", include(router.urls)),
    path("bookings/<slug:locator>/changes/", changes.ChangesView.as_view(), name="booking-changes"),
    path("bookings/<slug:locator>/changes/<uuid:change>/", changes.ChangeView.as_view(), name="booking-change"),
    path("flights/<int:flight>/seat-map/", views.SeatMapView.as_view(), name="seat-map"),
]
