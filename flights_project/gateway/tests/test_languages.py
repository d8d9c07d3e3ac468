"""Which language a page is in, and where a choice is kept."""

import pytest
from django.urls import reverse

from conftest import PASSWORD
from flights_project.gateway.models import User

pytestmark = pytest.mark.django_db

HINDI, ENGLISH = '<html lang="hi"', '<html lang="en"'


def page(client, path="/", **headers):
    return client.get(path, headers=headers).content.decode()


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [("hi-IN,hi;q=0.9,en;q=0.8", HINDI), ("en-IN", ENGLISH), ("de-DE,fr;q=0.5", ENGLISH), ("", ENGLISH)],
)
def test_a_page_is_in_the_language_that_the_browser_prefers(client, preferred, expected):
    assert expected in page(client, accept_language=preferred)


def test_what_is_chosen_is_remembered_and_counts_for_more(client):
    answer = client.post("/language/", {"language": "hi", "next": "/trips/find/?a=b"})

    assert (answer.status_code, answer.url) == (302, "/trips/find/?a=b")
    assert HINDI in page(client, accept_language="en")


def test_an_address_can_be_shared_with_its_language(client):
    answer = client.get("/?language=hi")

    assert HINDI in answer.content.decode()
    assert answer.headers["Content-Language"] == "hi"
    assert HINDI in page(client)


def test_the_switch_leads_back_to_the_page_without_the_language_of_its_address(client):
    answer = client.post("/language/", {"language": "en", "next": "/search/?origin=DEL&language=hi&cabin=economy"})

    assert answer.url == "/search/?origin=DEL&cabin=economy"
    assert ENGLISH in page(client, accept_language="hi")


@pytest.mark.parametrize("elsewhere", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)", ""])
def test_the_switch_leads_nowhere_else(client, elsewhere):
    assert client.post("/language/", {"language": "hi", "next": elsewhere}).url == reverse("home")


@pytest.mark.parametrize("unknown", ["tlh", "de", ""])
def test_a_language_that_there_is_not_changes_nothing(client, unknown):
    assert client.post("/language/", {"language": unknown}).status_code == 302
    assert ENGLISH in page(client, f"/?language={unknown}")
    assert "language" not in client.cookies


def test_pages_tell_caches_what_they_depend_on(client):
    vary = client.get("/", headers={"accept-language": "hi"}).headers["Vary"]

    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in vary.split(",")}


@pytest.mark.parametrize("path", ["/api/v1/bookings/", "/api/v1/search/?origin=X", "/admin/login/"])
def test_the_api_and_the_desk_are_english(client, path):
    answers = [client.get(path, headers={"accept-language": language}) for language in ("en", "hi")]
    texts = [answer.json()["detail"] if "api" in path else answer.headers.get("Location") for answer in answers]

    assert texts[0] == texts[1]
    assert "Content-Language" not in answers[1].headers


class TestMembers:
    def test_choose_for_their_messages_too(self, page_of, traveller):
        page_of(traveller).post("/language/", {"language": "hi"})

        traveller.refresh_from_db()
        assert traveller.language == "hi"

    def test_choose_by_what_they_are_told_too(self, page_of, traveller):
        browser = page_of(traveller)

        browser.post("/messages/choices/", {"language": "hi"})

        assert HINDI in page(browser)

    @pytest.fixture
    def asha(self, traveller):
        traveller.language = "hi"
        traveller.save()
        return {"login": traveller.email, "password": PASSWORD}

    def test_find_their_language_where_nobody_chose(self, client, asha):
        client.post(reverse("account_login"), asha)

        assert HINDI in page(client)

    def test_keep_what_was_chosen_in_this_browser(self, client, asha):
        client.post("/language/", {"language": "en"})

        client.post(reverse("account_login"), asha)

        assert ENGLISH in page(client)

    def test_start_with_the_language_that_they_sign_up_in(self, client):
        client.get("/?language=hi")

        client.post(
            reverse("account_signup"),
            {"email": "new@example.com", "password1": PASSWORD, "first_name": "Asha", "last_name": "Rao"},
        )

        assert User.objects.get(email="new@example.com").language == "hi"
