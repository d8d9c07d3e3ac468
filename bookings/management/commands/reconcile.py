from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bookings.services.reconciliation import reconcile_and_keep


class Command(BaseCommand):
    help = "Prove that seat counters equal coupons and that the money adds up; exits non-zero with the differences."

    def handle(self, *args: Any, **options: Any) -> str:
        differences = reconcile_and_keep(now=timezone.now())
        if differences:
            raise CommandError("\n".join(str(difference) for difference in differences))
        return "Seats and money add up."
