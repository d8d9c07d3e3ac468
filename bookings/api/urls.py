from rest_framework.routers import SimpleRouter

from bookings.api import views

router = SimpleRouter()
router.register("bookings", views.BookingViewSet, basename="booking")

urlpatterns = router.urls
