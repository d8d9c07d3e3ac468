"""Pages and API, served by granian's WSGI workers."""

import os

from django.core.wsgi import get_wsgi_application

from flights_project.gateway import traces

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flights_project.settings")

traces.start()
application = get_wsgi_application()
