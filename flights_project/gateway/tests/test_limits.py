"""How often callers may call, and what they are told of it."""

import os
import subprocess
import sys

import pytest

from conftest import PASSWORD
from flights_project.gateway.callers import Caller
from flights_project.gateway.limits import Calls, LimitsUnavailable, spend
from flights_project.gateway.middleware import StillTooMany
from flights_project.gateway.models import ApiKey

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def rates(settings):
    """A few calls a minute, other rates as they are."""

    def change(**rates):
        settings.RATES = settings.RATES | rates

    return change


def spend_one(calls=Calls.SEARCH, ident="203.0.113.7"):
    allowance = spend(calls, Caller.ADDRESS, ident)
    assert allowance is not None
    return allowance


def spend_all(count, calls=Calls.SEARCH, ident="203.0.113.7"):
    return [spend_one(calls, ident).allowed for _ in range(count)]


class TestABucket:
    def test_holds_what_may_come_at_once(self, rates):
        rates(search_address="3/hour")

        assert spend_all(4) == [True, True, True, False]

    def test_is_its_callers_own(self, rates):
        rates(search_address="1/hour")

        assert spend_all(2) == [True, False]
        assert spend_all(2, ident="203.0.113.8") == [True, False]

    def test_is_its_classs_own(self, rates):
        rates(search_address="1/hour", other_address="1/hour")

        assert spend_all(1) == spend_all(1, calls=Calls.OTHER) == [True]

    def test_can_hold_less_than_a_windows_worth(self, rates):
        rates(search_address="60/hour burst 2")

        assert spend_all(3) == [True, True, False]

    def test_says_when_it_has_a_token_again(self, rates):
        rates(search_address="2/hour")
        spend_all(2)

        refused = spend_one()

        assert 1795 <= refused.retry_after <= 1800
        assert (refused.limit, refused.window, refused.remaining) == (2, 3600, 0)

    def test_is_counted_together_by_all_processes(self, rates, settings):
        rates(search_address="20/hour")
        program = (
            "import django; django.setup();"
            "from flights_project.gateway.limits import Calls, Caller, spend;"
            "print(sum(spend(Calls.SEARCH, Caller.ADDRESS, 'x').allowed for _ in range(15)))"
        )
        environment = {"RATE_SEARCH_ADDRESS": "20/hour", "RATE_LIMITS": "on", "REDIS_URL": settings.REDIS_URL}

        processes = [_python(program, environment) for _ in range(3)]

        assert sum(int(process.communicate()[0]) for process in processes) == 20


def _python(program, environment):
    return subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-c", program], env=os.environ | environment, stdout=subprocess.PIPE, text=True
    )


class TestWithoutRedis:
    @pytest.fixture(autouse=True)
    def _away(self, settings):
        settings.REDIS_URL = NOBODY_LISTENS

    def test_search_is_open(self):
        assert spend(Calls.SEARCH, Caller.ADDRESS, "203.0.113.7") is None

    def test_what_can_be_guessed_is_closed(self):
        with pytest.raises(LimitsUnavailable):
            spend(Calls.LOGIN, Caller.ADDRESS, "203.0.113.7")

    @pytest.mark.django_db
    def test_a_program_is_told_to_come_back(self, api, traveller):
        answer = api.post("/api/v1/auth/token/", {"email": traveller.email, "password": PASSWORD})

        assert (answer.status_code, answer.json()["code"]) == (503, "limits_unavailable")
        assert answer.headers["Retry-After"] == "60"

    @pytest.mark.django_db
    def test_the_network_is_read(self, api):
        assert api.get("/api/v1/airports/").status_code == 200


@pytest.mark.django_db
class TestTheApi:
    def test_says_what_is_left(self, api, rates):
        rates(other_address="5/min")

        answer = api.get("/api/v1/airports/")

        assert {name: answer.headers[name] for name in ("RateLimit-Limit", "RateLimit-Remaining")} == {
            "RateLimit-Limit": "5",
            "RateLimit-Remaining": "4",
        }
        assert answer.headers["RateLimit-Policy"] == "5;w=60"
        assert 0 < int(answer.headers["RateLimit-Reset"]) <= 60

    def test_refuses_what_is_too_much(self, api, rates):
        rates(login_address="2/min")
        answers = [api.post("/api/v1/auth/token/", {}) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [400, 400, 429]
        assert answers[-1].json()["code"] == "throttled"
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 30

    def test_counts_a_log_in_by_its_name_from_any_address(self, api, rates, traveller):
        rates(login_name="2/min")
        login = {"email": traveller.email, "password": "wrong guess after wrong guess"}

        answers = [
            api.post("/api/v1/auth/token/", login | {"email": email}, REMOTE_ADDR=f"203.0.113.{last}")
            for last, email in enumerate([traveller.email, traveller.email.upper(), traveller.email])
        ]

        assert [answer.status_code for answer in answers] == [401, 401, 429]

    def test_counts_each_key_by_itself(self, as_key, rates, integrator):
        rates(other_key="1/hour")
        first, second = (as_key(ApiKey.issue(owner=integrator, name="tests")[1]) for _ in range(2))

        assert [client.get("/api/v1/airports/").status_code for client in (first, first, second)] == [200, 429, 200]

    @pytest.mark.parametrize("credential", ["Api-Key 1a2b3c4d.made-up", "Bearer made.up.token", ""])
    def test_counts_who_calls_in_vain_by_their_address(self, api, rates, credential):
        rates(other_address="2/hour")
        if credential:
            api.credentials(HTTP_AUTHORIZATION=credential)

        answers = [api.get("/api/v1/bookings/") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert answers[0].headers["RateLimit-Remaining"] == "1"
        assert answers[-1].json()["code"] == "throttled"
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 1800

    def test_counts_what_a_key_may_not_by_the_key(self, as_key, rates, integrator):
        rates(other_key="1/hour")
        client = as_key(ApiKey.issue(owner=integrator, name="narrow", scopes=["search"])[1])

        assert [client.get("/api/v1/bookings/").status_code for _ in range(2)] == [403, 429]

    def test_wrong_keys_of_an_address_leave_a_right_one_its_calls(self, as_key, rates, integrator_key):
        rates(other_address="1/hour")
        for _ in range(3):
            as_key("1a2b3c4d.made-up").get("/api/v1/bookings/")

        assert as_key(integrator_key).get("/api/v1/bookings/").status_code == 200

    def test_counts_each_call_once(self, as_key, rates, integrator_key):
        rates(other_key="5/hour")

        answer = as_key(integrator_key).get("/api/v1/bookings/K7QX2M/")

        assert (answer.status_code, answer.headers["RateLimit-Remaining"]) == (404, "4")

    def test_counts_reading_bookings_apart_from_making_them(self, as_user, traveller, rates):
        rates(booking_user="1/hour")
        client = as_user(traveller)

        assert [client.get("/api/v1/bookings/").status_code for _ in range(2)] == [200, 200]
        assert [client.post("/api/v1/bookings/", {}).status_code for _ in range(2)] == [400, 429]

    def test_is_not_limited_where_limits_are_off(self, api, rates, settings):
        settings.RATE_LIMITS = False
        rates(other_address="1/hour")

        answers = [api.get("/api/v1/airports/") for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert "RateLimit-Limit" not in answers[0].headers


@pytest.mark.django_db
class TestWhoDoesNotWait:
    """Is refused again from memory: neither the database nor Redis is asked."""

    @pytest.fixture
    def in_vain(self, api, rates, monkeypatch):
        monkeypatch.setattr(StillTooMany, "TOLD_FOR", 600.0)  # longer than any machine takes for a test
        rates(other_address="1/hour")
        api.credentials(HTTP_AUTHORIZATION="Api-Key 1a2b3c4d.made-up")
        assert api.get("/api/v1/bookings/").status_code == 401
        return api

    @pytest.fixture
    def without_redis(self, settings):
        def leave():
            settings.REDIS_URL = NOBODY_LISTENS

        return leave

    def test_is_told_the_same_again(self, in_vain, without_redis, django_assert_num_queries):
        refused = in_vain.get("/api/v1/bookings/")
        without_redis()

        with django_assert_num_queries(0):
            again = in_vain.get("/api/v1/bookings/")

        assert refused.status_code == again.status_code == 429
        assert again.json()["request_id"] == again.headers["X-Request-ID"] != refused.headers["X-Request-ID"]
        assert again.json() | {"request_id": ""} == refused.json() | {"request_id": ""}
        for header in ("Content-Type", "Content-Length", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining"):
            assert again.headers[header] == refused.headers[header]

    def test_is_looked_at_again_after_a_moment(self, in_vain, without_redis, monkeypatch):
        monkeypatch.setattr(StillTooMany, "TOLD_FOR", 0)
        assert in_vain.get("/api/v1/bookings/").status_code == 429
        without_redis()

        assert in_vain.get("/api/v1/bookings/").status_code == 401

    @pytest.mark.parametrize(
        "other", [{"HTTP_AUTHORIZATION": "Api-Key 9f9f9f9f.made-up"}, {"REMOTE_ADDR": "203.0.113.9"}]
    )
    def test_is_told_nothing_for_others(self, in_vain, without_redis, other):
        assert in_vain.get("/api/v1/bookings/").status_code == 429
        without_redis()

        in_vain.credentials(**other)
        assert in_vain.get("/api/v1/bookings/").status_code == 401
