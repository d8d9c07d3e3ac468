from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from airlines.models import Low
from airlines.services.stale_lows import mark_all, refresh_stale


class Command(BaseCommand):
    help = "Make the lowest price of every day new, from the flights on sale. Workers do so by themselves."

    def handle(self, *args: Any, **options: Any) -> None:
        mark_all(now=timezone.now())
        refresh_stale(now=timezone.now())
        self.stdout.write(f"{Low.objects.count()} lowest prices are known.")
