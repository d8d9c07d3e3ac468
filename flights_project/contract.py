"""The API's contract as OpenAPI tells it: what drf-spectacular cannot know by itself.

Each call says which problems it may answer with, by status, each code with an example; each body has an example too,
composed by `examples.py`. `docs/openapi.yaml` is the contract as it was agreed: `make openapi` writes it.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flights_project.api import STATUSES
from flights_project.examples import example_of
from flights_project.gateway.problems import CODES
from flights_project.lib.problems import MEDIA_TYPE, Problem
from notifications.models import EventType

Document = dict[str, Any]

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document.",
    "required": ["type", "code", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "Where the code is explained: an anchor on a page of this deployment.",
        },
        "code": {"type": "string", "description": "Stable: decide by this."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For a person to read."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "For `invalid`: what is wrong with each field.",
        },
    },
    "additionalProperties": True,
}
HEADERS: Document = {
    "X-Request-ID": {
        "schema": {"type": "string"},
        "description": "Of this request, as in our logs: tell it to us when you ask about an answer.",
    },
    "RateLimit-Limit": {"schema": {"type": "integer"}, "description": "Calls of this class that your bucket holds."},
    "RateLimit-Remaining": {"schema": {"type": "integer"}, "description": "Those that are left."},
    "RateLimit-Reset": {"schema": {"type": "integer"}, "description": "Seconds until the bucket is full again."},
    "RateLimit-Policy": {
        "schema": {"type": "string", "examples": ["6000;w=60"]},
        "description": "Calls, and the seconds that they fill up in.",
    },
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before you try again."},
    "ETag": {
        "schema": {"type": "string"},
        "description": "Send it as `If-None-Match`; as `If-Match` where you write.",
    },
    "Idempotency-Replayed": {
        "schema": {"type": "string", "enum": ["true"]},
        "description": "This is the stored answer of an earlier request with the same key.",
    },
}
"""Where limits are switched off, their headers are left out."""
OF_EVERY_ANSWER = [name for name in HEADERS if name.startswith(("X-", "RateLimit-"))]
COME_BACK = {429, 503}
SIGNED = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": description}
    for name, description in {
        "webhook-id": "The event's `id`, the same with every try.",
        "webhook-timestamp": "Seconds since 1970, of this try.",
        "webhook-signature": "`v1,…`, by the scheme of Standard Webhooks; two while secrets overlap.",
    }.items()
]
METHODS = {"get", "post", "put", "patch", "delete"}
ALWAYS = {400, 401, 403, 405, 406, 429, 500, 503}


def complete(result: Document, **_kwargs: Any) -> Document:
    """Postprocessing hook: problems and examples."""
    components = result["components"]
    components["schemas"]["Problem"] = PROBLEM
    for name, schema in components["schemas"].items():
        if name.endswith("Request"):
            _read_strictly(name, schema)
    components["responses"] = {_name(status): _problems(status) for status in sorted(set(_codes().values()))}
    components["headers"] = HEADERS
    result["webhooks"] = _webhooks()
    components["responses"]["NotModified"] = {"description": "As it was when you read it: take what you have."}
    for path, operations in result["paths"].items():
        for method in METHODS & operations.keys():
            operation = operations[method]
            for status in _statuses(path, method, operation):
                operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{_name(status)}"})
            if method == "get":
                operation["responses"].setdefault("304", {"$ref": "#/components/responses/NotModified"})
            operation["responses"] = dict(sorted(operation["responses"].items()))
            _add_headers(method, operation)
            _add_examples(path, operation, components["schemas"])
    return result


def _read_strictly(name: str, schema: Document) -> None:
    """As `gateway.api.bodies` does: no member that nobody reads, and something at least where something changes."""
    schema["additionalProperties"] = False
    if name.startswith("Patched"):
        schema["minProperties"] = 1


def _statuses(path: str, method: str, operation: Document) -> set[int]:
    """What a call may answer beside its success."""
    names = {each["name"] for each in operation.get("parameters", [])}
    decides = method != "get" or "/offers/" in path or path.endswith("/events/")
    return (
        ALWAYS
        | ({404} if "{" in path else set())
        | ({409, 410} if decides else set())
        | ({412} if "If-Match" in names else set())
        | ({413, 415} if "requestBody" in operation else set())
        | ({422} if "Idempotency-Key" in names else set())
    )


def _codes() -> dict[str, int]:
    """Every code that the API answers with, and its status."""
    return CODES | {error.code: status for error, status in STATUSES.items()}


def _problems(status: int) -> Document:
    codes = [code for code, its_status in _codes().items() if its_status == status]
    return {
        "description": f"{HTTPStatus(status).phrase}: " + ", ".join(f"`{code}`" for code in codes) + ".",
        "headers": _headers([*OF_EVERY_ANSWER, *(["Retry-After"] if status in COME_BACK else [])]),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"value": _example(code, status)} for code in codes},
            }
        },
    }


def _example(code: str, status: int) -> Document:
    """As it is answered, for a request that had an id."""
    title = next((error.title for error in STATUSES if error.code == code), HTTPStatus(status).phrase)
    members = {"errors": {"depart_on": ["Enter a valid date."]}} if code == "invalid" else {}
    problem = Problem(status=status, code=code, title=title, detail=title, members=members).as_dict()
    return problem | {"request_id": "0b6bd8e2-5c1c-4a53-9d8b-0d3c8d2c9f10"}


def _name(status: int) -> str:
    """`404` → `NotFound`."""
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _add_headers(method: str, operation: Document) -> None:
    """Those of an answer that went well; what went wrong has its own with its problem."""
    names = [*OF_EVERY_ANSWER]
    names += ["ETag"] if method == "get" else []
    names += ["Idempotency-Replayed"] if "422" in operation["responses"] else []
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answer["headers"] = _headers(names)


def _headers(names: Iterable[str]) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _webhooks() -> Document:
    """What is sent to webhook endpoints, by the type of the event."""
    return {
        kind.value: {
            "post": {
                "operationId": kind.value,
                "summary": f"{kind.label[0].upper()}{kind.label[1:]}",
                "description": "Sent until you answer 2xx, for 72 hours; 410 switches the endpoint off.",
                "tags": ["webhooks"],
                "parameters": SIGNED,
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/Event"},
                        }
                    }
                },
                "responses": {"2XX": {"description": "You have it."}, "410": {"description": "Send nothing any more."}},
            }
        }
        for kind in EventType
    }


def _add_examples(path: str, operation: Document, schemas: Document) -> None:
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for body in [operation.get("requestBody", {}), *answers]:
        for content in body.get("content", {}).values():
            if not content.keys() & {"example", "examples"} and content.get("schema"):
                content["example"] = _of_a_page(path, example_of(content["schema"], schemas))


def _of_a_page(path: str, example: Any) -> Any:
    """With the address of the page that follows, where it is one of a list."""
    if not (isinstance(example, dict) and {"results", "next"} <= example.keys()):
        return example
    following = "after=42" if path.endswith("/events/") else "cursor=cD0xMjM%3D"
    return example | {"next": f"https://fly.example.com{path}?{following}", "previous": None}
