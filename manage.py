#!/usr/bin/env python
"""Django's commands. In a checkout that nobody configured they start the local servers themselves."""

import os
import sys

from django.core.management import execute_from_command_line

from flights_project.local.environment import prepare
from flights_project.local.errors import StartError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flights_project.settings")
    try:
        prepare()
        execute_from_command_line(sys.argv)
    except StartError as error:
        sys.exit(f"flights: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
