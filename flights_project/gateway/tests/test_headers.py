"""What browsers are told to refuse."""

import pytest

pytestmark = pytest.mark.django_db

SHOP = "https://shop.example.com"


def policy_of(answer):
    return {name: values for name, *values in (part.split() for part in answer["Content-Security-Policy"].split(";"))}


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/mailbox/", "/api/v1/docs/", "/nowhere/"])
def test_pages_run_no_script_and_no_style_of_anybody_else(client, path):
    policy = policy_of(client.get(path))

    allowed = " ".join(policy["script-src"] + policy["style-src"])
    assert "unsafe" not in allowed
    assert "*" not in allowed
    assert (policy["frame-ancestors"], policy["object-src"]) == (["'none'"], ["'none'"])
    assert (policy["base-uri"], policy["form-action"]) == (["'self'"], ["'self'"])


def test_the_desk_runs_no_inline_script(page_of, agent):
    """Its widgets carry styles and its Alpine.js evaluates expressions: that is all that is looser there."""
    policy = policy_of(page_of(agent).get("/admin/"))

    assert "'unsafe-inline'" not in policy["script-src"]
    assert "'unsafe-eval'" in policy["script-src"]


@pytest.mark.parametrize(
    ("header", "value"),
    [("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin")],
)
def test_every_answer_has_its_headers(client, header, value):
    assert client.get("/")[header] == value


class TestOtherSites:
    def test_call_the_api_only_where_a_setting_names_them(self, client, settings):
        settings.CORS_ALLOWED_ORIGINS = [SHOP]

        def allowed(path, origin):
            return client.get(path, headers={"Origin": origin}).get("Access-Control-Allow-Origin")

        assert allowed("/api/v1/cities/", SHOP) == SHOP
        assert allowed("/api/v1/cities/", "https://evil.example.com") is None
        assert allowed("/", SHOP) is None

    def test_never_with_our_cookies(self, client, settings):
        settings.CORS_ALLOWED_ORIGINS = [SHOP]

        answer = client.get("/api/v1/cities/", headers={"Origin": SHOP})

        assert "Access-Control-Allow-Credentials" not in answer

    def test_by_default_none(self, client):
        answer = client.get("/api/v1/cities/", headers={"Origin": SHOP})

        assert "Access-Control-Allow-Origin" not in answer
