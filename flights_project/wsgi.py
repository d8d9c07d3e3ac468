"""Pages and API, served by granian's WSGI workers."""

import os

from django.core.wsgi import get_wsgi_application

from flights_project.gateway import traces

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flights_project.settings")

traces.start()
django = get_wsgi_application()

from airlines.api.search_door import PLACES, SearchDoor  # noqa: E402 -- models can be loaded now
from flights_project.gateway.bodies import LengthOfBodies  # noqa: E402 -- likewise

application = SearchDoor(SearchDoor(LengthOfBodies(django), PLACES))
