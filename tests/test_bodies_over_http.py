"""Bodies that are too large, of a length that was said before or not, as the running server takes them."""

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest

from flights_project.local.process import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("traces over http")]

LIMIT = 2**20
"""Of either kind here."""
JSON = "application/json"
FORM = "multipart/form-data; boundary=limit"
TOKEN = "/api/v1/auth/token/"
LOG_IN = "/accounts/login/"


@pytest.fixture(scope="module")
def web(of_this_database: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = Path(tmp_path_factory.mktemp("web"))
    with Web("web", folder, {**of_this_database, "RATE_LIMITS": "off", "UPLOAD_MAX_MB": "1"}) as running:
        yield running


def person(size: int) -> bytes:
    """A log-in of so many bytes."""
    shell = len(orjson.dumps({"email": "", "password": "x"}))
    return orjson.dumps({"email": "a" * (size - shell), "password": "x"})


def file_of(size: int) -> bytes:
    """A form with a file, of more than so many bytes."""
    head = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'
    return head + b"x" * size + b"\r\n--limit--\r\n"


def post(web: Web, path: str, body: bytes, kind: str, *, chunked: bool) -> tuple[int, Any, str]:
    """Status, body and request id of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
    try:
        sent = (body[at : at + 65_536] for at in range(0, len(body), 65_536)) if chunked else body
        connection.request("POST", path, sent, {"Content-Type": kind}, encode_chunked=chunked)
        answer = connection.getresponse()
        content = answer.read()
        return (
            answer.status,
            orjson.loads(content) if "json" in answer.headers["Content-Type"] else content,
            (answer.headers["X-Request-ID"]),
        )
    finally:
        connection.close()


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
class TestBodies:
    def test_as_large_as_may_be_is_read(self, web: Web, chunked: bool) -> None:
        status, problem, _ = post(web, TOKEN, person(LIMIT), JSON, chunked=chunked)

        assert (status, problem["code"]) == (400, "invalid")
        assert "email" in problem["errors"]

    def test_a_byte_more_is_not(self, web: Web, chunked: bool) -> None:
        status, problem, request_id = post(web, TOKEN, person(LIMIT + 1), JSON, chunked=chunked)

        assert (status, problem["code"]) == (413, "body_too_large")
        assert problem["request_id"] == request_id

    @pytest.mark.parametrize("path", [TOKEN, LOG_IN])
    def test_nor_a_form_with_a_file_that_is_larger_than_may_be(self, web: Web, path: str, chunked: bool) -> None:
        assert post(web, path, file_of(LIMIT), FORM, chunked=chunked)[0] == 413

    def test_a_page_says_so_in_words(self, web: Web, chunked: bool) -> None:
        status, page, _ = post(web, LOG_IN, b"a=" + b"x" * LIMIT, "application/x-www-form-urlencoded", chunked=chunked)

        assert status == 413
        assert b"This is too large" in page

    def test_nobody_is_cut_off_while_sending_however_many_do(self, web: Web, chunked: bool) -> None:
        """Which would tear down the answer."""
        form = file_of(2 * LIMIT - 1_000)

        def told(_: int) -> int:
            return post(web, LOG_IN, form, FORM, chunked=chunked)[0]

        with ThreadPoolExecutor(8) as callers:
            assert set(callers.map(told, range(120))) == {413}

    def test_the_api_takes_no_forms_at_all(self, web: Web, chunked: bool) -> None:
        status, problem, _ = post(web, TOKEN, file_of(10), FORM, chunked=chunked)

        assert (status, problem["code"]) == (415, "unsupported_media_type")
