from django.urls import path, register_converter

from bookings.converters import LocatorConverter
from bookings.views import account, booking, changes, finding, paying, seats, trips

register_converter(LocatorConverter, "locator")

urlpatterns = [
    path("account/travellers/", account.saved_travellers, name="saved-travellers"),
    path("account/travellers/<int:pk>/remove/", account.remove_traveller, name="remove-traveller"),
    path("account/data/", account.own_data, name="own-data"),
    path("account/data/file/", account.data_file, name="data-file"),
    path("account/close/", account.close, name="close-account"),
    path("book/", booking.book, name="book"),
    path("book/typed/", booking.keep_typed, name="keep-typed"),
    path("trips/", trips.trips, name="trips"),
    path("trips/find/", finding.find, name="find-trip"),
    path("trips/found/<locator:locator>/", finding.found, name="found-trip"),
    path("trips/<locator:locator>/", trips.trip, name="trip"),
    path("trips/<locator:locator>/pay/", paying.pay, name="pay"),
    path("trips/<locator:locator>/pay/return/", paying.pay_return, name="pay-return"),
    path("trips/<locator:locator>/seats/", seats.seats, name="seats"),
    path("trips/<locator:locator>/seats/together/", seats.seats_together, name="seats-together"),
    path("trips/<locator:locator>/e-ticket.pdf", trips.e_ticket_file, name="e-ticket"),
    path("trips/<locator:locator>/flights.ics", trips.calendar_file, name="calendar"),
    path("trips/<locator:locator>/check-in/", trips.check_in, name="check-in"),
    path("trips/<locator:locator>/changes/<uuid:change>/", changes.change, name="change"),
    path("trips/<locator:locator>/release/", trips.release, name="release"),
    path("trips/<locator:locator>/cancel/", trips.cancel, name="cancel"),
    path("trips/<locator:locator>/cancel/<uuid:quote_id>/", trips.confirm_cancel, name="confirm-cancel"),
    path("payments/sandbox/<uuid:key>/", paying.sandbox_challenge, name="sandbox-challenge"),
    path("payments/stripe/webhook/", paying.stripe_webhook, name="stripe-webhook"),
]
