from django.urls import path, register_converter

from bookings import account_views, finding_views, views
from bookings.converters import LocatorConverter

register_converter(LocatorConverter, "locator")

urlpatterns = [
    path("account/travellers/", account_views.saved_travellers, name="saved-travellers"),
    path("account/travellers/<int:pk>/remove/", account_views.remove_traveller, name="remove-traveller"),
    path("account/data/", account_views.own_data, name="own-data"),
    path("account/data/file/", account_views.data_file, name="data-file"),
    path("account/close/", account_views.close, name="close-account"),
    path("book/", views.book, name="book"),
    path("trips/", views.trips, name="trips"),
    path("trips/find/", finding_views.find, name="find-trip"),
    path("trips/found/<locator:locator>/", finding_views.found, name="found-trip"),
    path("trips/<locator:locator>/", views.trip, name="trip"),
    path("trips/<locator:locator>/pay/", views.pay, name="pay"),
    path("trips/<locator:locator>/pay/return/", views.pay_return, name="pay-return"),
    path("trips/<locator:locator>/seats/", views.seats, name="seats"),
    path("trips/<locator:locator>/seats/together/", views.seats_together, name="seats-together"),
    path("trips/<locator:locator>/e-ticket.pdf", views.e_ticket_file, name="e-ticket"),
    path("trips/<locator:locator>/flights.ics", views.calendar_file, name="calendar"),
    path("trips/<locator:locator>/check-in/", views.check_in, name="check-in"),
    path("trips/<locator:locator>/release/", views.release, name="release"),
    path("trips/<locator:locator>/cancel/", views.cancel, name="cancel"),
    path("trips/<locator:locator>/cancel/<uuid:quote_id>/", views.confirm_cancel, name="confirm-cancel"),
    path("payments/sandbox/<uuid:key>/", views.sandbox_challenge, name="sandbox-challenge"),
    path("payments/stripe/webhook/", views.stripe_webhook, name="stripe-webhook"),
]
