"""Who reads the numbers, and what a request adds to them."""

import pytest
from django.db import InterfaceError, OperationalError
from prometheus_client import REGISTRY

from flights_project.lib import metrics

pytestmark = pytest.mark.django_db


def requests(method, route, status):
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("flights_requests_total", labels) or 0


class TestWhoMayRead:
    def test_nobody_unless_named(self, client, settings):
        settings.METRICS_ALLOWED, settings.METRICS_TOKEN = [], ""

        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    def test_networks_that_are_allowed(self, client, settings):
        settings.METRICS_ALLOWED = ["10.1.0.0/16"]

        assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
        assert client.get("/metrics", REMOTE_ADDR="10.2.2.3").status_code == 404
        assert client.get("/metrics", REMOTE_ADDR="").status_code == 404

    def test_what_a_client_claims_is_not_its_address(self, client, settings):
        settings.METRICS_ALLOWED = ["10.1.0.0/16"]
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}

        def asked_by(forwarded):
            return client.get("/metrics", headers={"X-Forwarded-For": forwarded}).status_code

        assert asked_by("10.1.2.3, 203.0.113.9") == 404
        assert asked_by("203.0.113.9, 10.1.2.3") == 200

    def test_whoever_has_the_token(self, client, settings):
        settings.METRICS_ALLOWED, settings.METRICS_TOKEN = [], "a long token"

        assert client.get("/metrics", headers={"Authorization": "Bearer a long token"}).status_code == 200
        assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404


class TestRequests:
    def test_are_counted_by_route_and_never_by_path(self, client):
        before = requests("GET", "mailbox/<int:pk>/", 404)

        client.get("/mailbox/77/")
        client.get("/mailbox/78/")

        assert requests("GET", "mailbox/<int:pk>/", 404) == before + 2

    def test_that_lead_nowhere_have_one_route(self, client):
        before = requests("GET", "none", 404)

        client.get("/wp-login.php")
        client.generic("BREW", "/coffee")

        assert requests("GET", "none", 404) == before + 1
        assert requests("other", "none", 404) >= 1


@pytest.mark.parametrize(
    "error", [OperationalError("the database is away"), InterfaceError("connection already closed")]
)
def test_a_number_that_cannot_be_read_does_not_hide_the_others(client, monkeypatch, error):
    def fails():
        raise error

    monkeypatch.setitem(metrics._read_at_scrape, "flights_outbox_waiting", ("", fails))

    told = client.get("/metrics").content.decode()

    assert "flights_outbox_waiting" not in told
    assert "flights_outbox_age_seconds 0.0" in told
