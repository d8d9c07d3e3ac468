"""How staff find flights, and what belongs to them: by number, and by the places at both ends."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from airlines.models import Airport


class FindsFlights:
    """All words must fit. Airports are looked up first, so that no search joins them to every flight that there was."""

    path_to_flight = ""
    """Leads from the listed model: `flight_cabin__flight__`."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        for word in search_term.replace("\x00", "").split():
            queryset = queryset.filter(_meant_by(word, self.path_to_flight))
        return queryset, False


def _meant_by(word: str, path: str) -> Q:
    at = list(Airport.objects.filter(Q(iata=word.upper()) | Q(city__name__icontains=word)).values_list("pk", flat=True))
    ends = Q(**{f"{path}origin__in": at}) | Q(**{f"{path}destination__in": at})
    return Q(**{f"{path}number__startswith": word.upper()}) | ends
