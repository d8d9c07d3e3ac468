"""What drf-spectacular cannot know by itself: every call may answer with a problem."""

from typing import Any

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document.",
    "required": ["type", "code", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
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
METHODS = {"get", "post", "put", "patch", "delete"}


def add_problem_responses(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook: the `Problem` schema, as the default answer of every operation."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "A problem; `code` says which.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for method in METHODS & path.keys():
            path[method]["responses"].setdefault("default", answer)
    return result
