import django_filters

from bookings.models import Booking


class BookingFilter(django_filters.FilterSet):
    held_after = django_filters.IsoDateTimeFilter(field_name="held_at", lookup_expr="gte")
    held_before = django_filters.IsoDateTimeFilter(field_name="held_at", lookup_expr="lt")
    ordering = django_filters.OrderingFilter(fields=["held_at", "locator"])

    class Meta:
        model = Booking
        fields = ["status", "held_after", "held_before"]
