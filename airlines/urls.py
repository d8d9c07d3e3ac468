from django.urls import path

from airlines import price_alert_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("search/offers/", views.offers_now, name="offers-now"),
    path("search/calendar/", views.price_calendar, name="calendar"),
    path("search/days/", views.price_days, name="price-days"),
    path("search/flexible/", views.flexible_days, name="flexible"),
    path("search/anywhere/", views.anywhere, name="anywhere"),
    path("prices/follow/", price_alert_views.follow_price, name="follow-price"),
    path("prices/followed/", price_alert_views.followed_prices, name="price-alerts"),
    path("prices/followed/<uuid:alert>/stop/", price_alert_views.stop_following, name="stop-following"),
    path("prices/stop/<str:token>/", price_alert_views.stop_by_link, name="stop-price-alert"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("places/suggestions/", views.place_suggestions, name="place-suggestions"),
]
