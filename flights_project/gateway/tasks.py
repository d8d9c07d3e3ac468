from celery import shared_task
from django.conf import settings
from django.utils import timezone

from flights_project.gateway.models import IdempotencyRecord, LogIn


@shared_task
def forget_idempotency_keys() -> int:
    """Delete records older than `IDEMPOTENCY_KEYS_KEPT`; returns how many."""
    too_old = timezone.now() - settings.IDEMPOTENCY_KEYS_KEPT
    return IdempotencyRecord.objects.filter(started_at__lt=too_old).delete()[0]


@shared_task
def forget_log_ins() -> int:
    """Delete log-ins whose last refresh token has expired; returns how many."""
    return LogIn.objects.filter(expires_at__lte=timezone.now()).delete()[0]
