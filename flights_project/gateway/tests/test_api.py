"""Who calls, and how errors are told."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.management import CommandError, call_command
from django.test import Client

from conftest import PASSWORD
from flights_project.gateway.health import CHECKS
from flights_project.gateway.middleware import RequestLog
from flights_project.gateway.models import ApiKey, IdempotencyRecord, User
from flights_project.gateway.tasks import forget_idempotency_keys

pytestmark = pytest.mark.django_db

ASHA = {"email": "asha@example.com", "password": "a long enough phrase", "first_name": "Asha", "last_name": "Rao"}


def test_signing_up_and_getting_a_token(api):
    signed_up = api.post("/api/v1/auth/signup/", ASHA)
    assert signed_up.status_code == 201
    assert "password" not in signed_up.json()

    tokens = api.post("/api/v1/auth/token/", {"email": "Asha@example.com", "password": ASHA["password"]}).json()

    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    assert api.get("/api/v1/bookings/").status_code == 200
    assert "access" in api.post("/api/v1/auth/token/refresh/", {"refresh": tokens["refresh"]}).json()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "asha"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"first_name": ""}, "first_name"),
    ],
)
def test_a_wrong_sign_up_names_the_field(api, traveller, changes, field):
    answer = api.post("/api/v1/auth/signup/", ASHA | changes)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("email", ["traveller@example.com", "TRAVELLER@example.com", "Traveller@Example.COM"])
def test_an_address_that_has_an_account_is_told_in_one_way(api, traveller, email):
    answer = api.post("/api/v1/auth/signup/", ASHA | {"email": email})

    assert (answer.status_code, answer.json()["code"]) == (400, "email_taken")
    assert answer.json()["errors"] == {"email": ["There is already an account with this e-mail address."]}


@pytest.mark.parametrize("email", ["traveller@example.com", "TRAVELLER@example.com"])
def test_the_page_tells_it_in_one_way_too(client, traveller, email):
    typed = {"email": email, "password1": "a long enough phrase", "first_name": "Asha", "last_name": "Rao"}

    answer = client.post("/accounts/signup/", typed)

    assert answer.context["form"].errors == {"email": ["A user is already registered with this email address."]}


def test_a_wrong_password_gets_no_token(api, traveller):
    answer = api.post("/api/v1/auth/token/", {"email": traveller.email, "password": "wrong"})

    assert (answer.status_code, answer.json()["code"]) == (401, "no_active_account")


class TestTheSecondFactor:
    @pytest.fixture
    def ask(self, api, agent, settings, now):
        settings.STAFF_SECOND_FACTOR = True
        login = {"email": agent.email, "password": PASSWORD}
        return lambda **extra: api.post("/api/v1/auth/token/", login | extra)

    @pytest.fixture
    def secret(self, agent):
        secret = generate_totp_secret()
        TOTP.activate(agent, secret)
        return secret

    def test_is_asked_of_staff(self, ask):
        answer = ask()

        assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required")

    def test_opens_with_its_code_once(self, ask, secret):
        code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))

        assert ask(otp="000000" if code != "000000" else "111111").status_code == 401
        assert ask(otp=code).status_code == 200
        assert ask(otp=code).status_code == 401

    def test_is_asked_of_everybody_who_has_one(self, ask, secret, agent):
        User.objects.filter(pk=agent.pk).update(is_staff=False)

        assert ask().status_code == 401


@pytest.mark.parametrize("header", ["Bearer nonsense", "Api-Key nonsense", "Api-Key a.b", "Api-Key "])
def test_wrong_credentials_are_401(api, header):
    api.credentials(HTTP_AUTHORIZATION=header)

    assert api.get("/api/v1/bookings/").status_code == 401


class TestAnApiKey:
    def test_is_kept_as_a_hash_and_notes_its_use(self, as_key, integrator, now):
        key, secret = ApiKey.issue(owner=integrator, name="tests")

        assert as_key(secret).get("/api/v1/bookings/").status_code == 200

        key.refresh_from_db()
        assert secret.split(".")[1] not in str(key.__dict__)
        assert key.last_used_at == now

    @pytest.mark.parametrize("change", [{"revoked_at": 0}, {"expires_at": 0}])
    def test_ends(self, as_key, integrator, now, change):
        _key, secret = ApiKey.issue(owner=integrator, name="tests")
        ApiKey.objects.update(**dict.fromkeys(change, now))

        assert as_key(secret).get("/api/v1/bookings/").json()["code"] == "invalid_api_key"

    def test_ends_with_its_owners_account(self, as_key, integrator):
        _key, secret = ApiKey.issue(owner=integrator, name="tests")
        User.objects.update(is_active=False)

        assert as_key(secret).get("/api/v1/bookings/").status_code == 401

    def test_opens_with_both_secrets_for_a_while_after_a_rotation(self, as_key, integrator, now, settings):
        key, old = ApiKey.issue(owner=integrator, name="tests")
        new = key.rotate(now=now)

        assert [as_key(secret).get("/api/v1/bookings/").status_code for secret in (old, new)] == [200, 200]
        with time_machine.travel(now + settings.API_KEY_OVERLAP, tick=False):
            assert [as_key(secret).get("/api/v1/bookings/").status_code for secret in (old, new)] == [401, 200]

    def test_has_two_secrets_at_most(self, as_key, integrator, now):
        key, first = ApiKey.issue(owner=integrator, name="tests")
        key.rotate(now=now)
        key.rotate(now=now)

        assert as_key(first).get("/api/v1/bookings/").status_code == 401

    @pytest.mark.parametrize(
        ("address", "status"), [("203.0.113.7", 200), ("198.51.100.1", 403), ("2001:db8::1", 403), ("", 403)]
    )
    def test_opens_from_its_networks_only(self, as_key, integrator, address, status):
        _key, secret = ApiKey.issue(owner=integrator, name="tests", networks=["203.0.113.0/24"])

        answer = as_key(secret).get("/api/v1/bookings/", REMOTE_ADDR=address)

        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "address_not_allowed"

    @pytest.mark.parametrize(
        ("scope", "opened"),
        [("search", set()), ("book", {"read", "book"}), ("manage", {"read", "manage"}), ("events", set())],
    )
    def test_opens_what_its_scope_names(self, as_key, integrator, scope, opened):
        _key, secret = ApiKey.issue(owner=integrator, name="tests", scopes=[scope])
        client = as_key(secret)
        calls = {
            "read": client.get("/api/v1/bookings/"),
            "book": client.post("/api/v1/bookings/", headers={"Idempotency-Key": "1"}),
            "manage": client.put("/api/v1/bookings/ABC234/seats/"),
        }

        assert {call for call, answer in calls.items() if answer.status_code != 403} == opened
        refusals = [answer.json() for call, answer in calls.items() if call not in opened]
        assert {refusal["code"] for refusal in refusals} == {"scope_required"}
        assert all("with the scope" in refusal["detail"] for refusal in refusals)

    def test_is_printed_by_a_command(self, as_key, integrator, capsys):
        call_command("create_api_key", integrator.email.upper())

        assert as_key(capsys.readouterr().out.strip()).get("/api/v1/bookings/").status_code == 200

    def test_is_made_for_somebody(self):
        with pytest.raises(CommandError, match="Nobody has"):
            call_command("create_api_key", "nobody@example.com")


class TestProblems:
    def test_have_one_shape_and_the_request_id_of_the_answer(self, api):
        answer = api.get("/api/v1/bookings/")

        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json().keys() >= {"type", "code", "title", "status", "detail", "request_id"}
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"] != ""

    @pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/", "/api/v1/flights/0/", "/api/v1/flights/x/"])
    def test_unknown_paths(self, api, path):
        answer = api.get(path)

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_wrong_method(self, api):
        assert api.put("/api/v1/flights/", {}).json()["code"] in {"method_not_allowed", "not_authenticated"}
        assert api.delete("/api/v1/search/").json()["code"] == "method_not_allowed"

    def test_unreadable_json(self, api):
        answer = api.post("/api/v1/auth/token/", "{not json", content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable_json")

    def test_other_media_types(self, api):
        answer = api.post("/api/v1/auth/token/", "<a/>", content_type="text/xml")

        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")

    @pytest.mark.parametrize("body", ["[]", '"text"', "1", "null"])
    def test_json_that_is_no_object(self, api, body):
        answer = api.post("/api/v1/auth/token/", body, content_type="application/json")

        assert answer.status_code == 400


def test_old_idempotency_keys_are_forgotten(now, settings):
    kept = settings.IDEMPOTENCY_KEYS_KEPT
    for key, age in (("old", kept + timedelta(minutes=1)), ("new", kept - timedelta(minutes=1))):
        IdempotencyRecord.objects.create(
            caller="user:1", key=key, fingerprint="", started_at=now - age, attempt="0" * 32
        )

    assert forget_idempotency_keys() == 1
    assert IdempotencyRecord.objects.get().key == "new"


def test_health(api, monkeypatch):
    assert api.get("/healthz").json() == {"status": "ok"}
    ready = api.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")

    def broken():
        raise ConnectionError("no route to 10.0.0.1")

    monkeypatch.setitem(CHECKS, "broker", broken)
    unready = api.get("/readyz")
    assert (unready.status_code, unready.json()["broker"]) == (503, "failed")
    assert "10.0.0.1" not in unready.content.decode()


def test_the_schema_and_its_page(api):
    schema = api.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()

    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/bookings/{locator}/payments/" in schema["paths"]
    assert api.get("/api/v1/docs/", headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v1/bookings", "/api/"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_an_unknown_path_is_a_problem_for_every_method(path, method):
    answer = getattr(Client(enforce_csrf_checks=True), method)(path, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_docs_page_is_only_read(client):
    assert client.get("/api/v1/docs/").status_code == 200
    assert client.options("/api/v1/docs/").status_code == 405


def test_a_body_beyond_the_limit_is_not_read(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    answer = api.post("/api/v1/auth/token/", {"email": "a" * 1000, "password": "x"})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/accounts/password/reset/key/1-secret/", "GET /accounts/password/reset/key/…/"),
        ("/admin/bookings/booking/?q=asha@example.com", "GET /admin/bookings/booking/"),
    ],
)
def test_no_log_line_holds_what_opens_an_account_or_whom_staff_looked_for(rf, path, logged):
    assert RequestLog.format_request(rf.get(path)) == logged
