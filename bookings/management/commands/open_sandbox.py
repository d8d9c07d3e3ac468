from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from airlines.demo import sandbox
from bookings.services.sandbox import open_sandbox


class Command(BaseCommand):
    help = "Put the flights on sale that integrators try their programs on: what is missing is added."

    def handle(self, *args: Any, **options: Any) -> str:
        if not sandbox.is_open():
            raise CommandError("Only where PAYMENT_GATEWAYS names the sandbox, and AIRLINE_CODE is not the sandbox's.")
        return f"{open_sandbox(now=timezone.now())} new flights of the sandbox."
