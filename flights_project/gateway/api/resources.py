"""What reading and writing a resource has in common: parts of it by `?fields=`, and writes of what was read."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import transaction
from django.utils.http import parse_etags, quote_etag
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import DestroyModelMixin, UpdateModelMixin
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from flights_project.gateway.pagination import PAGING
from flights_project.gateway.parameters import refuse_misuse
from flights_project.gateway.problems import PreconditionFailed
from flights_project.gateway.wire import OrjsonRenderer
from flights_project.lib.errors import InvalidRequest

FIELDS = "fields"
IF_MATCH = "If-Match"


class KnownParameters(APIView):
    """Refuses parameters of a read that it does not know, or that come twice: a filter with a typing error would answer
    with everything. What a list is filtered by, it knows by its filters. Every view that is read is one of these, but
    for those that read their parameters by a form."""

    parameters: frozenset[str] = frozenset()
    paged_actions: tuple[str, ...] = ("list",)
    is_list = False
    """Of a view that has no actions: whether what it reads is a list."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in ("GET", "HEAD"):
            refuse_misuse(request.query_params, self.known_parameters())

    def known_parameters(self) -> frozenset[str]:
        if not (self.is_list or getattr(self, "action", None) in self.paged_actions):
            return self.parameters
        filterset = getattr(self, "filterset_class", None)
        return self.parameters | PAGING | (filterset.base_filters.keys() if filterset else frozenset())


class SparseFields(KnownParameters, GenericAPIView[Any]):
    """Answers with the fields that `?fields=` names, separated by commas; one that there is not is an error."""

    chosen: frozenset[str] = frozenset()
    file_actions: tuple[str, ...] = ()
    """Those that answer with a file, which has no fields."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.chosen = frozenset(filter(None, request.query_params.get(FIELDS, "").split(",")))
        if unknown := self.chosen - set(cast("Serializer[Any]", self.get_serializer()).fields):
            raise ValidationError({FIELDS: [f"There is no field {name}." for name in sorted(unknown)]})

    def known_parameters(self) -> frozenset[str]:
        known = super().known_parameters()
        return known | {FIELDS} if self.has_fields else known

    @property
    def has_fields(self) -> bool:
        return getattr(self, "action", None) not in self.file_actions

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if self.chosen and request.method in SAFE_METHODS and isinstance(response, Response) and not response.exception:
            pages = "results" in response.data
            response.data = (
                response.data | {"results": [self.sparse(each) for each in response.data["results"]]}
                if pages
                else self.sparse(response.data)
            )
        return super().finalize_response(request, response, *args, **kwargs)

    def sparse(self, resource: dict[str, Any]) -> dict[str, Any]:
        return {name: part for name, part in resource.items() if not self.chosen or name in self.chosen}


class ConditionalWrites(UpdateModelMixin, DestroyModelMixin, SparseFields):
    """With `If-Match`, writes only what is still as it was read at this address, by its `ETag`.

    Somebody who read `?fields=number,airplane` and writes to the same address is not disturbed by other fields.
    """

    lookup_value_regex = "[0-9]+"

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with self._still_as_read(request):
            return super().update(request, *args, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with self._still_as_read(request):
            return super().destroy(request, *args, **kwargs)

    @contextmanager
    def _still_as_read(self, request: Request) -> Iterator[None]:
        """Locks the row, so that of two writers who read the same only one finds it so. Raises PreconditionFailed, and
        InvalidRequest for what is no tag: who sends one wants it heeded."""
        sent = request.headers.get(IF_MATCH)
        if sent is None:
            yield
            return
        if not (wanted := parse_etags(sent)):
            raise InvalidRequest({IF_MATCH: ["Send the ETag as you got it, with its quotation marks."]})
        with transaction.atomic():
            row = self.get_object()
            type(row).objects.select_for_update(no_key=True).get(pk=row.pk)
            if wanted != ["*"] and self._etag_of(self.get_object()) not in wanted:
                raise PreconditionFailed
            yield

    def _etag_of(self, row: Any) -> str:
        """As the answer to reading it has it (`gateway.middleware.ApiConditionalGet`)."""
        body = OrjsonRenderer().render(self.sparse(self.get_serializer(row).data))
        return quote_etag(hashlib.md5(body, usedforsecurity=False).hexdigest())
