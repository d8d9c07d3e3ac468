"""Pages and API, served by granian's WSGI workers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from flights_project.gateway import traces

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flights_project.settings")

traces.start()
django = get_wsgi_application()

from airlines.api.search_door import PLACES, SearchDoor  # noqa: E402 -- models can be loaded now
from flights_project.gateway.bodies import LengthOfBodies  # noqa: E402 -- likewise

application = SearchDoor(SearchDoor(LengthOfBodies(django), PLACES))

# What is loaded by now stays as long as the process: no collection looks at it again. A search makes thousands of
# objects and no cycles: young ones are looked at seldom, and all of them, the network in memory included, hardly ever.
gc.collect()
gc.freeze()
gc.set_threshold(5_000, 20, 100)
