from django.urls import include, path
from rest_framework.routers import SimpleRouter

from airlines.api import views

router = SimpleRouter()
router.register("cities", views.CityViewSet, basename="city")
router.register("airports", views.AirportViewSet, basename="airport")
router.register("airplanes", views.AirplaneViewSet, basename="airplane")
router.register("flights", views.FlightViewSet, basename="flight")
router.register("fare-families", views.FareFamilyViewSet, basename="fare-family")

urlpatterns = [
    path("", include(router.urls)),
    path("flights/<int:flight>/fares/<int:fare>/", views.FlightFareView.as_view(), name="flight-fare"),
    path("flights/<int:flight>/fares/<int:fare>/history/", views.FareHistoryView.as_view(), name="fare-history"),
    path("places/", views.PlacesView.as_view(), name="api-places"),
    path("search/", views.SearchView.as_view(), name="api-search"),
    path("offers/<str:offer>/", views.OfferView.as_view(), name="api-offer"),
]
