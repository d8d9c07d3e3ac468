"""JSON in and out by orjson, for the whole API."""

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import IO, Any

import orjson
from django.conf import settings
from django.utils.encoding import force_str
from django.utils.functional import Promise
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer


def _unknown_to_orjson(value: object) -> object:
    if isinstance(value, Decimal | Promise):
        return force_str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        return orjson.dumps(data, default=_unknown_to_orjson, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)


class BodyTooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = "The body of this request is too large."


class OrjsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Raises ParseError (400 `unreadable_json`) for what is not JSON: orjson also refuses NaN and bad UTF-8.

        Raises BodyTooLarge beyond `DATA_UPLOAD_MAX_MEMORY_SIZE`, which Django itself asks of forms alone.
        """
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}", code="unreadable_json") from error
