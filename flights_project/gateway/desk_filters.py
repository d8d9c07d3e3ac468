"""How the desk's lists are narrowed by instants."""

from datetime import UTC, time
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.utils import parse_datetime_str

ENDS = (("from", "gte", time.min), ("to", "lte", time.max))
"""Of a range: how its fields are named, what they compare, and the time where only a day was typed."""


class InstantRangeFilter(RangeDateTimeFilter):
    """From one instant to another, in UTC as the lists show them. A day alone is from its beginning or to its end."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Nothing for what is no instant, and the page says why."""
        for end, lookup, default in ENDS:
            day, at = (self.used_parameters.get(f"{self.parameter_name}_{end}_{part}") or "" for part in (0, 1))
            if not day:
                continue
            read = parse_datetime_str(f"{day} {at or default.isoformat()}")
            if read is None:
                messages.error(request, _("Not a day and time: %(text)s.") % {"text": f"{day} {at}".strip()})
                return queryset.none()
            queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": read.replace(tzinfo=UTC)})
        return queryset
