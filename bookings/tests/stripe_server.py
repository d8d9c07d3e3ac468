"""A server that answers as Stripe's API does, as far as a payment needs it: intents, refunds, idempotency keys.

What happens is decided by the token that an intent is confirmed with, see `SCENARIOS`. Its books are its own: tests
compare them with ours.
"""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, dict[str, Any]]


class LostAnswer(Exception):
    """The server has done what it was asked, and the connection ends before it says so."""


def succeed(intent: dict[str, Any], **changes: Any) -> Answer:
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "next_action": None} | changes
    return 200, intent


def decline(intent: dict[str, Any], code: str = "card_declined") -> Answer:
    exact = {"decline_code": "insufficient_funds"} if code == "card_declined" else {}
    error = {"type": "card_error", "code": code, "message": "Declined."} | exact
    intent |= {"status": "requires_payment_method", "last_payment_error": error, "next_action": None}
    return 402, {"error": error | {"payment_intent": intent}}


def challenge(intent: dict[str, Any]) -> Answer:
    page = {"url": f"https://hooks.stripe.com/3d_secure/{intent['id']}", "return_url": intent["return_url"]}
    intent |= {"status": "requires_action", "next_action": {"type": "redirect_to_url", "redirect_to_url": page}}
    return 200, intent


def lose(intent: dict[str, Any]) -> Answer:
    succeed(intent)
    raise LostAnswer


def lose_a_decline(intent: dict[str, Any]) -> Answer:
    decline(intent)
    raise LostAnswer


def break_after(intent: dict[str, Any]) -> Answer:
    succeed(intent)
    return 500, {"error": {"type": "api_error", "message": "Something broke."}}


def limit(intent: dict[str, Any]) -> Answer:
    return 429, {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many."}}


def lock(intent: dict[str, Any]) -> Answer:
    return 409, {"error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "At work."}}


def refuse(intent: dict[str, Any]) -> Answer:
    return no_such("payment_method")


SCENARIOS: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "pm_ok": succeed,
    "ctoken_ok": succeed,
    "pm_declined": decline,
    "pm_3ds": challenge,
    "pm_timeout": lose,
    "pm_timeout_declined": lose_a_decline,
    "pm_500": break_after,
    "pm_limited": limit,
    "pm_locked": lock,
    "pm_unknown": refuse,
    "pm_processing": lambda intent: (200, intent | {"status": "processing"}),
    "pm_wrong_amount": lambda intent: succeed(intent, amount_received=intent["amount"] - 100),
    "pm_wrong_currency": lambda intent: succeed(intent, currency="usd"),
}


def invalid(code: str, message: str = "") -> Answer:
    return 400, {"error": {"type": "invalid_request_error", "code": code, "message": message}}


def no_such(thing: str) -> Answer:
    return invalid("resource_missing", f"No such {thing}")


class StripeServer:
    """`with StripeServer() as server:` listens at `server.url` until the end."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.stored: dict[str, tuple[Any, Answer]] = {}
        """The first answer to each idempotency key, with what was asked."""
        self.calls: list[str] = []
        self.keys: list[str] = []
        self.before: dict[str, Callable[[], Any]] = {}
        """Called once before a path that ends so is answered, in the server's thread: what happens in the meantime."""
        self.failing: dict[str, Exception | Answer] = {}
        """How a path that ends so is answered instead; nothing is done."""
        self.lost: set[str] = set()
        """Paths whose answers get lost after they were carried out."""
        self._ids = count(1)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def intent(self) -> dict[str, Any]:
        """The only one."""
        (intent,) = self.intents.values()
        return intent

    def kept(self) -> int:
        """All that was taken and not given back, in the smallest unit."""
        taken: int = sum(intent["amount_received"] for intent in self.intents.values())
        paid_back: int = sum(refund["amount"] for refund in self.refunds if refund["status"] == "succeeded")
        return taken - paid_back

    def answer(self, method: str, path: str, params: dict[str, str], key: str | None) -> Answer:
        self.calls.append(f"{method} {path}")
        for end in [end for end in self.before if path.endswith(end)]:
            self.before.pop(end)()
        for end, failure in self.failing.items():
            if path.endswith(end):
                if isinstance(failure, Exception):
                    raise failure
                return failure
        answer = self._once(key, (path, params), lambda: self._route(method, path.strip("/").split("/"), params))
        if any(path.endswith(end) for end in self.lost):
            raise LostAnswer
        return answer

    def _once(self, key: str | None, asked: Any, carry_out: Callable[[], Answer]) -> Answer:
        if key is None:
            return carry_out()
        self.keys.append(key)
        if key in self.stored:
            before, answer = self.stored[key]
            if before != asked:
                return 400, {"error": {"type": "idempotency_error", "message": "Keys are used with one request."}}
            return answer
        answer = carry_out()
        if answer[0] not in (409, 429):
            self.stored[key] = (asked, json.loads(json.dumps(answer)))
        return answer

    def _route(self, method: str, path: list[str], params: dict[str, str]) -> Answer:
        unheard = 404, {"error": {"type": "invalid_request_error", "message": "Unrecognized request URL"}}
        match method, *path:
            case "GET", "v1", "refunds":
                mine = [refund for refund in self.refunds if refund["payment_intent"] == params["payment_intent"]]
                return 200, {"object": "list", "url": "/v1/refunds", "has_more": False, "data": mine[::-1]}
            case "POST", "v1", "refunds":
                return self._refund(params)
            case "POST", "v1", "payment_intents":
                return self._create(params)
            case _, "v1", "payment_intents", pk, *verb:
                return self._one(method, self.intents[pk], verb, params) if pk in self.intents else no_such(pk)
        return unheard

    def _one(self, method: str, intent: dict[str, Any], verb: list[str], params: dict[str, str]) -> Answer:
        match method, *verb:
            case "POST", "confirm":
                return self._confirm(intent, params)
            case "POST", "cancel":
                return self._cancel(intent)
        return 200, intent

    def _create(self, params: dict[str, str]) -> Answer:
        if params.keys() & {"payment_method_types[0]"}:
            return invalid("payment_method_types_no_longer_supported")
        intent: dict[str, Any] = {
            "id": f"pi_{next(self._ids)}",
            "object": "payment_intent",
            "status": "requires_payment_method",
            "amount": int(params["amount"]),
            "amount_received": 0,
            "currency": params["currency"],
            "metadata": metadata(params),
            "last_payment_error": None,
            "next_action": None,
        }
        self.intents[intent["id"]] = intent
        return 200, intent

    def _confirm(self, intent: dict[str, Any], params: dict[str, str]) -> Answer:
        if intent["status"] != "requires_payment_method":
            return invalid("payment_intent_unexpected_state")
        intent["return_url"] = params["return_url"]
        return SCENARIOS[params.get("confirmation_token") or params["payment_method"]](intent)

    def _cancel(self, intent: dict[str, Any]) -> Answer:
        if intent["status"] in ("succeeded", "canceled", "processing"):
            return invalid("payment_intent_unexpected_state")
        intent |= {"status": "canceled", "next_action": None}
        return 200, intent

    def _refund(self, params: dict[str, str]) -> Answer:
        intent = self.intents[params["payment_intent"]]
        mine = [each for each in self.refunds if each["payment_intent"] == intent["id"]]
        given_back = sum(each["amount"] for each in mine if each["status"] == "succeeded")
        if given_back + int(params["amount"]) > intent["amount_received"]:
            return invalid("charge_already_refunded")
        refund = {
            "id": f"re_{next(self._ids)}",
            "object": "refund",
            "status": "succeeded",
            "amount": int(params["amount"]),
            "payment_intent": intent["id"],
            "metadata": metadata(params),
        }
        self.refunds.append(refund)
        return 200, refund


def metadata(params: dict[str, str]) -> dict[str, str]:
    named = {name: value for name, value in params.items() if name.startswith("metadata[")}
    return {name.removeprefix("metadata[").removesuffix("]"): value for name, value in named.items()}


def _handler(server: StripeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

        def _answer(self, form: str) -> None:
            try:
                status, said = server.answer(
                    self.command, urlsplit(self.path).path, dict(parse_qsl(form)), self.headers.get("Idempotency-Key")
                )
            except LostAnswer:
                self.close_connection = True
                return
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Request-Id", "req_test")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    return Handler
