from celery import shared_task
from django.conf import settings
from django.utils import timezone

from flights_project.gateway.models import IdempotencyRecord


@shared_task
def forget_idempotency_keys() -> int:
    """Delete records older than `IDEMPOTENCY_KEYS_KEPT`; returns how many."""
    too_old = timezone.now() - settings.IDEMPOTENCY_KEYS_KEPT
    return IdempotencyRecord.objects.filter(started_at__lt=too_old).delete()[0]
