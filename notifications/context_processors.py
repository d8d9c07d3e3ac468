from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from flights_project.gateway.models import User
from notifications.services.inbox import unread_count


def inbox(request: HttpRequest) -> dict[str, object]:
    """How many messages somebody has not read; asked only by pages that say it."""
    user = getattr(request, "user", None)
    return {"unread_messages": SimpleLazyObject(lambda: unread_count(user) if isinstance(user, User) else 0)}
