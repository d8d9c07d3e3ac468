from django.urls import path

from airlines import views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("search/offers/", views.offers_now, name="offers-now"),
    path("places/suggestions/", views.place_suggestions, name="place-suggestions"),
]
