from django.conf import settings
from django.http import HttpRequest


def airline(request: HttpRequest) -> dict[str, object]:
    """What every page says of the airline."""
    return {
        "airline_name": settings.AIRLINE_NAME,
        "airline_zone": settings.AIRLINE_ZONE,
        "currency": settings.CURRENCY,
        "is_demo": settings.DEMO,
        "stream_url": settings.STREAM_URL,
    }
