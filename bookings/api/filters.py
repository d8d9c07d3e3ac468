import django_filters

from bookings.models import Booking, ItineraryChange
from flights_project.gateway.filters import InstantFilter


class BookingFilter(django_filters.FilterSet):
    held_after = InstantFilter(field_name="held_at", lookup_expr="gte")
    held_before = InstantFilter(field_name="held_at", lookup_expr="lt")
    ordering = django_filters.OrderingFilter(fields=["held_at", "locator"])

    class Meta:
        model = Booking
        fields = ["status", "held_after", "held_before"]


class ItineraryChangeFilter(django_filters.FilterSet):
    ordering = django_filters.OrderingFilter(fields=["opened_at"])

    class Meta:
        model = ItineraryChange
        fields = ["status", "cause"]
