from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.services.reconciliation import reconcile


class Command(BaseCommand):
    help = "Prove that seat counters equal coupons and that the money adds up; exits non-zero with the differences."

    def handle(self, *args: Any, **options: Any) -> str:
        differences = reconcile()
        if differences:
            raise CommandError("\n".join(str(difference) for difference in differences))
        return "Seats and money add up."
