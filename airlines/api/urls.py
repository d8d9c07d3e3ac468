from django.urls import include, path
from rest_framework.routers import SimpleRouter

from airlines.api import lows, views
from airlines.api.fare_changes import FareChangeViewSet
from airlines.api.price_alerts import PriceAlertViewSet

router = SimpleRouter()
router.register("cities", views.CityViewSet, basename="city")
router.register("airports", views.AirportViewSet, basename="airport")
router.register("airplanes", views.AirplaneViewSet, basename="airplane")
router.register("flights", views.FlightViewSet, basename="flight")
router.register("fare-families", views.FareFamilyViewSet, basename="fare-family")
router.register("fare-changes", FareChangeViewSet, basename="fare-change")
router.register("price-alerts", PriceAlertViewSet, basename="price-alert")

urlpatterns = [
    path("search/", views.SearchView.as_view(), name="api-search"),  # asked more often than all others together
    path("", include(router.urls)),
    path("flights/<int:flight>/fares/<int:fare>/", views.FlightFareView.as_view(), name="flight-fare"),
    path("flights/<int:flight>/fares/<int:fare>/history/", views.FareHistoryView.as_view(), name="fare-history"),
    path("places/", views.PlacesView.as_view(), name="api-places"),
    path("search/calendar/", lows.CalendarView.as_view(), name="api-calendar"),
    path("search/flexible/", lows.FlexibleView.as_view(), name="api-flexible"),
    path("search/destinations/", lows.DestinationsView.as_view(), name="api-destinations"),
    path("offers/<str:offer>/", views.OfferView.as_view(), name="api-offer"),
]
