"""What the `type` of a problem document leads to: a page with every code that the API answers with, explained."""

from http import HTTPStatus

from django.views.generic import TemplateView

from flights_project.api import STATUSES
from flights_project.gateway.problems import CODES

OF_THE_STREAM = {"too_many_streams": HTTPStatus.SERVICE_UNAVAILABLE}
"""What only the price stream answers, which is a process of its own."""
MEANINGS = {
    "unreadable_json": "The body is no JSON.",
    "parse_error": "The request cannot be read.",
    "not_authenticated": "This call is for somebody: send a token or a key.",
    "authentication_failed": "The credential is not a valid one.",
    "bad_authorization_header": "The header Authorization is neither Bearer with a token nor Api-Key with a key.",
    "invalid_api_key": "There is no such key, or it has ended or was revoked.",
    "token_not_valid": "The token has expired, or is none of ours. Get another by auth/token/refresh/.",
    "no_active_account": "No account has this e-mail address and this password, or it is switched off.",
    "second_factor_required": "This account has a second factor: send its code as otp.",
    "permission_denied": "You may not do this.",
    "scope_required": "The key does not have the scope that this call needs.",
    "integrators_only": "Only integrators have this.",
    "address_not_allowed": "The key may not be used from this network address.",
    "not_found": "There is nothing here, or nothing that you may see.",
    "method_not_allowed": "There is no such method at this address. Allow names those that there are.",
    "not_acceptable": "The API answers in JSON only.",
    "body_too_large": "The body is larger than what is read.",
    "unsupported_media_type": "Bodies are JSON: send Content-Type: application/json.",
    "throttled": "Too many calls. Retry-After says in how many seconds the next one is answered.",
    "internal_error": "Something went wrong on our side. Tell us the request_id.",
    "too_many_streams": "No more price streams can be open at once. Retry-After says when to try again.",
}
"""Of the codes that no error of the trade brings with its title."""


class ProblemTypes(TemplateView):
    """Every code by its status, each with an anchor of its name."""

    template_name = "problem_types.html"
    http_method_names = ["get", "head"]

    def get_context_data(self, **more: object) -> dict[str, object]:
        return super().get_context_data(**more) | {"statuses": known_problems()}


def known_problems() -> list[tuple[HTTPStatus, list[tuple[str, str]]]]:
    """Each status with its codes and what they mean, in order."""
    meanings = MEANINGS | {error.code: error.title for error in STATUSES}
    found = CODES | OF_THE_STREAM | {error.code: status for error, status in STATUSES.items()}
    return [
        (HTTPStatus(status), sorted((code, meanings[code]) for code in found if found[code] == status))
        for status in sorted(set(found.values()))
    ]
