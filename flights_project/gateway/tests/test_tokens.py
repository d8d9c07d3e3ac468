"""Log-ins by the API, and how they end."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection

from conftest import PASSWORD
from flights_project.gateway import tokens
from flights_project.gateway.models import LogIn, User
from flights_project.gateway.tasks import forget_log_ins

pytestmark = pytest.mark.django_db

MINE = "/api/v1/bookings/"


@pytest.fixture
def log_in(api, traveller, now):
    return lambda: api.post("/api/v1/auth/token/", {"email": traveller.email, "password": PASSWORD}).json()


@pytest.fixture
def refresh(api):
    return lambda token: api.post("/api/v1/auth/token/refresh/", {"refresh": token})


@pytest.fixture
def opens(api):
    """Whether an access token still does."""

    def opens(access):
        answer = api.get(MINE, headers={"Authorization": f"Bearer {access}"})
        return answer.status_code == 200 or answer.json()["code"]

    return opens


def test_a_refresh_token_is_replaced(log_in, refresh, opens):
    first = log_in()

    second = refresh(first["refresh"]).json()

    assert second["refresh"] != first["refresh"]
    assert opens(first["access"]) is opens(second["access"]) is True
    assert refresh(second["refresh"]).status_code == 200


def test_a_refresh_token_that_comes_twice_ends_the_log_in(log_in, refresh, opens):
    first, elsewhere = log_in(), log_in()
    second = refresh(first["refresh"]).json()

    again = refresh(first["refresh"])

    assert (again.status_code, again.json()["code"]) == (401, "logged_out")
    assert opens(second["access"]) == "logged_out"
    assert refresh(second["refresh"]).status_code == 401
    assert opens(elsewhere["access"]) is True


def test_logging_out_ends_this_log_in_alone(api, log_in, refresh, opens):
    here, elsewhere = log_in(), log_in()

    assert api.post("/api/v1/auth/logout/", {"refresh": here["refresh"]}).status_code == 204

    assert opens(here["access"]) == "logged_out"
    assert refresh(here["refresh"]).json()["code"] == "logged_out"
    assert opens(elsewhere["access"]) is True
    assert api.post("/api/v1/auth/logout/", {"refresh": here["refresh"]}).status_code == 204


def another_password(user):
    user.set_password("another passphrase")


def closed_account(user):
    user.is_active = False


@pytest.mark.parametrize("change", [another_password, closed_account])
def test_ends_every_log_in(log_in, refresh, opens, traveller, change):
    pair = log_in()
    change(traveller)
    traveller.save()

    assert opens(pair["access"]) == "logged_out"
    assert refresh(pair["refresh"]).json()["code"] == "logged_out"


@pytest.mark.parametrize("kind", ["refresh", "access"])
def test_tokens_end_by_themselves(log_in, refresh, opens, now, kind):
    pair = log_in()
    lifetime = {"access": timedelta(minutes=15), "refresh": timedelta(days=14)}[kind]

    with time_machine.travel(now + lifetime, tick=False):
        answer = opens(pair["access"]) if kind == "access" else refresh(pair["refresh"]).json()["code"]

    assert answer == "token_not_valid"


@pytest.mark.parametrize("path", ["/api/v1/auth/token/refresh/", "/api/v1/auth/logout/"])
def test_what_is_no_refresh_token_is_refused(api, log_in, path):
    for token in ("nonsense", log_in()["access"]):
        answer = api.post(path, {"refresh": token})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")


def test_an_access_token_of_no_log_in_is_refused(opens):
    stray = tokens.RefreshToken()

    assert opens(stray.access_token) == "token_not_valid"


def test_a_log_in_keeps_nothing_that_opens_it(log_in):
    pair = log_in()

    kept = str(LogIn.objects.values().get())

    assert pair["access"] not in kept
    assert pair["refresh"] not in kept


def test_old_log_ins_are_forgotten(traveller, now):
    for age in (timedelta(days=14), timedelta(days=13)):
        tokens.log_in(user=traveller, now=now - age)

    assert forget_log_ins() == 1
    assert LogIn.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_with_one_refresh_token_one_wins_and_the_log_in_ends(traveller, now, monkeypatch):
    pair = tokens.log_in(user=traveller, now=now)
    both_have_looked, outcomes = Barrier(2, timeout=20), []
    make_next = tokens._next_tokens

    def make_next_together(row, moment):
        both_have_looked.wait()
        return make_next(row, moment)

    def run():
        try:
            outcomes.append(tokens.refresh(token=pair.refresh, now=now))
        except tokens.LoggedOut:
            outcomes.append(None)
        finally:
            connection.close()

    monkeypatch.setattr(tokens, "_next_tokens", make_next_together)
    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count(None) == 1
    assert not LogIn.objects.exists()


def test_whoever_signs_up_is_a_traveller(api, client):
    new = {"first_name": "Asha", "last_name": "Rao"}
    api.post("/api/v1/auth/signup/", new | {"email": "a@example.com", "password": PASSWORD})
    client.post("/accounts/signup/", new | {"email": "b@example.com", "password1": PASSWORD})

    assert User.objects.filter(groups__name="traveller").count() == 2
