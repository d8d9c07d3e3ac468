from django.urls import include, path
from rest_framework.routers import SimpleRouter

from bookings.api import views

router = SimpleRouter()
router.register("bookings", views.BookingViewSet, basename="booking")

urlpatterns = [
    path("", include(router.urls)),
    path("flights/<int:flight>/seat-map/", views.SeatMapView.as_view(), name="seat-map"),
]
