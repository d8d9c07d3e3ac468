"""The log of the web server as production writes it, down to the least important line: nobody is in it."""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from conftest import PASSWORD
from flights_project.local.process import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("traces over http")]

PERSON = {"email": "asha.rao@example.com", "password": PASSWORD, "first_name": "Ashalata", "last_name": "Raoji"}


def test_a_visit_leaves_no_trace_of_who_it_was(of_this_database: dict[str, str], tmp_path: Path) -> None:
    """Signing up, wrong and right log-ins, the mailbox, a wrong key, a reset of the password: lines have
    ids."""
    logging = {"LOG_FORMAT": "json", "LOG_LEVEL": "DEBUG"}
    with Web("web", tmp_path, {**of_this_database, **logging}) as web:

        def ask(method: str, path: str, body: dict[str, str] | None = None, key: str = "") -> Any:
            connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
            headers = {"Content-Type": "application/json"} | ({"Authorization": key} if key else {})
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse().read()
            connection.close()
            return json.loads(answer) if answer.startswith(b"{") else None

        ask("POST", "/api/v1/auth/signup/", PERSON)
        ask("POST", "/api/v1/auth/signup/", PERSON)
        ask("POST", "/api/v1/auth/token/", {"email": PERSON["email"], "password": "wrong wrong"})
        access = ask("POST", "/api/v1/auth/token/", {"email": PERSON["email"], "password": PASSWORD})["access"]
        ask("GET", "/api/v1/bookings/", key=f"Bearer {access}")
        ask("GET", "/api/v1/bookings/", key="Api-Key 1a2b3c4d.a-secret-that-is-wrong")
        ask("GET", "/mailbox/?" + urlencode({"to": PERSON["email"]}))
        ask("GET", "/accounts/password/reset/key/1-c0ffee-a-secret-that-opens/")

    written = web.log.read_text()
    lines = [json.loads(line[line.index("{") :]) for line in written.splitlines() if '{"' in line]
    assert sum(line["event"] == "request_finished" for line in lines) >= 8
    said = written.casefold()
    for personal in ("asha.rao", "ashalata", "raoji", PASSWORD, "wrong wrong", access.casefold(), "a-secret-that"):
        assert personal not in said
