from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from airlines.demo.loader import load_airline
from airlines.demo.people import load_people
from airlines.models import Schedule


class Command(BaseCommand):
    help = "Load the demo airline: what is missing is added, what is there stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=120, help="Days of flights from today. Default: 120.")
        parser.add_argument("--no-key-file", action="store_true", help="Keep the integrator's key in no file.")
        parser.add_argument("--if-empty", action="store_true", help="Do nothing where there is any schedule.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Only a demo (DEMO=on) has demo accounts: everybody knows their password.")
        if options["days"] < 1:
            raise CommandError("--days is at least 1.")
        if options["if_empty"] and Schedule.objects.exists():
            return
        api_key = load_people(keeps_key=not options["no_key_file"])
        if api_key:
            self.stdout.write(f"API key of integrator@demo.test, shown this once: {api_key}")
        # Without a terminal there is no bar: `disable=None`.
        with tqdm(desc="Flights", unit=" schedules", disable=None) as bar:
            added = load_airline(now=timezone.now(), days=options["days"], progress=bar.update)
        self.stdout.write(f"{settings.AIRLINE_NAME}: {added} new flights in the next {options['days']} days.")
