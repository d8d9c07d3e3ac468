"""What has to be done before Flights can be served, in one process because Django takes a second to load."""

import os
import sys

import django
from django.core.management import CommandError, call_command

from flights_project.local.environment import prepare_demo

STEPS = {
    "Bringing the database up to date": ["migrate", "--noinput", "--verbosity=0"],
    "Collecting static files": ["collectstatic", "--noinput", "--verbosity=0"],
    "Loading the demo airline if there is none yet": ["load_demo", "--if-empty"],
    "Opening the sandbox's flights": ["open_sandbox"],
}


def main() -> None:
    """Exits with 1 and one line where a command cannot do its work."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flights_project.settings")
    prepare_demo()
    django.setup()
    for heading, command in STEPS.items():
        print(heading, flush=True)
        try:
            call_command(*command)
        except CommandError as error:
            sys.exit(f"flights: {command[0]}: {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
