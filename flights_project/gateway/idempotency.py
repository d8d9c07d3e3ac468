"""Requests that cost money or seats are sent with an `Idempotency-Key` and can be repeated safely.

The same key and body replays the stored answer; the same key with another body is refused; while the first still
runs, the second is told to come back. A request that died with its worker leaves its key behind: after
`IDEMPOTENCY_ABANDONED_AFTER` the next try takes it over. What makes a repeat harmless then is not this module but
the services: a payment is found by its booking and asked about, never charged again.
"""

import hashlib
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from flights_project.gateway.callers import caller_of
from flights_project.gateway.models import IdempotencyRecord
from flights_project.gateway.wire import OrjsonRenderer
from flights_project.lib.errors import DomainError
from flights_project.lib.problems import MEDIA_TYPE
from flights_project.lib.statements import execute, insert

KEY_LENGTH = 255
NOTHING_WAS_DONE = frozenset({400, 401, 403, 404, 405, 406, 413, 415, 429})
"""Refused before anything was decided: whoever puts it right sends it with the same key."""
KEEP = """
    UPDATE gateway_idempotencyrecord SET status = %s, body = %s WHERE caller = %s AND key = %s AND attempt = %s
"""


class IdempotencyKeyRequired(DomainError):
    code = "idempotency_key_required"
    title = "This request needs an Idempotency-Key header of 1 to 255 characters."


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for a different request."


class RequestInProgress(DomainError):
    code = "request_in_progress"
    title = "A request with this Idempotency-Key is still running."


def fingerprint_of(request: Request) -> str:
    """Hash of method, path and parsed body: the order of members and white space do not matter."""
    body = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"\n".join([str(request.method).encode(), request.path.encode(), body])).hexdigest()


View = Callable[..., Response]


def idempotent(view: View) -> View:
    """Decorates a viewset's method whose answer is replayed for the same caller and key.

    What was decided is kept: a success, and a refusal by the state of things, such as 409. What was wrong with the
    request itself, and a server error, release the key, so that the caller can try again.
    """
    return _replaying(view, nullcontext)


def idempotent_in_one_transaction(view: View) -> View:
    """As `idempotent`, for what only writes to the database: done and answered together, or neither. What was written
    before a refusal or an error is undone, whoever wrote it.

    A worker that dies leaves nothing but its key, and whoever repeats the request later finds nothing half done.
    """
    return _replaying(view, transaction.atomic)


def _replaying(view: View, together: Callable[[], AbstractContextManager[Any]]) -> View:
    @wraps(view)
    def replaying(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= KEY_LENGTH:
            raise IdempotencyKeyRequired
        claim = claim_key(
            caller=":".join(caller_of(request)), key=key, fingerprint=fingerprint_of(request), now=timezone.now()
        )
        if claim.status is not None:
            return _replay(claim)
        try:
            with together():
                return _settle(claim, view(self, request, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 -- the view's own handler turns every error into an answer
            # What an error left in the transaction is undone before the key is settled: nothing runs in a failed one.
            return _settle(claim, self.handle_exception(error))

    return replaying


def _replay(answered: IdempotencyRecord) -> Response:
    media_type = MEDIA_TYPE if (answered.status or 0) >= HTTPStatus.BAD_REQUEST else None
    return Response(
        answered.answer,
        status=answered.status,
        headers={"Idempotency-Replayed": "true"},
        content_type=media_type,
    )


def _settle(claim: IdempotencyRecord, response: Response) -> Response:
    """Keep what was decided, let the key go otherwise; the answer is handed on."""
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status_code in NOTHING_WAS_DONE:
        release_key(claim)
    else:
        keep_answer(claim, status=response.status_code, body=response.data)
    return response


def claim_key(*, caller: str, key: str, fingerprint: str, now: datetime) -> IdempotencyRecord:
    """The record of this request: a new one to run, or one with `status` set whose answer is replayed.

    Raises IdempotencyKeyReused, RequestInProgress.
    """
    claim = IdempotencyRecord(caller=caller, key=key, fingerprint=fingerprint, started_at=now, attempt=uuid.uuid4())
    if not insert([claim], unless_there=True):
        return _earlier_claim(claim, now)
    return claim


def _earlier_claim(claim: IdempotencyRecord, now: datetime) -> IdempotencyRecord:
    earlier = IdempotencyRecord.objects.filter(caller=claim.caller, key=claim.key).first()
    if earlier is None:  # released between our insert and this look
        raise RequestInProgress(retry_after=1)
    if earlier.fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused
    if earlier.status is not None:
        return earlier
    abandoned_before = now - settings.IDEMPOTENCY_ABANDONED_AFTER
    taken_over = IdempotencyRecord.objects.filter(
        pk=earlier.pk, status=None, attempt=earlier.attempt, started_at__lt=abandoned_before
    ).update(attempt=claim.attempt, started_at=now)
    if not taken_over:
        raise RequestInProgress(retry_after=1)
    return claim


def keep_answer(claim: IdempotencyRecord, *, status: int, body: Any) -> None:
    """Store the answer, unless another attempt has taken the key over meanwhile."""
    execute(KEEP, [status, OrjsonRenderer().render(body).decode(), claim.caller, claim.key, claim.attempt])


def release_key(claim: IdempotencyRecord) -> None:
    IdempotencyRecord.objects.filter(caller=claim.caller, key=claim.key, attempt=claim.attempt, status=None).delete()
