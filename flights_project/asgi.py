"""The live price stream, a process of its own: see `flights_project.stream`. Pages and API are in `wsgi.py`."""

import os

from django.conf import settings

from airlines.services.changes import feed
from flights_project.lib import logs
from flights_project.stream.application import Bounds, PriceStream

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flights_project.settings")
logs.configure({"format": settings.LOG_FORMAT, "level": settings.LOG_LEVEL})

application = PriceStream(
    feed(),
    currency=settings.CURRENCY,
    bounds=Bounds(
        flights=settings.STREAM_FLIGHTS,
        streams=settings.STREAMS_PER_PROCESS,
        per_address=settings.STREAMS_PER_ADDRESS if settings.RATE_LIMITS else None,
        proxies=settings.REST_FRAMEWORK["NUM_PROXIES"],
    ),
)
