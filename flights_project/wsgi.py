"""Pages and API, served by granian's WSGI workers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flights_project.settings")

application = get_wsgi_application()
