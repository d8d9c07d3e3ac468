"""Who gets to the staff desk, and what people and keys are there."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.contrib.auth.models import Group, Permission
from django.contrib.messages import get_messages

from conftest import PASSWORD
from flights_project.gateway.models import ApiKey, User

pytestmark = pytest.mark.django_db

DESK = "/admin/"


@pytest.fixture
def clerk(db):
    """Staff who may see flights and change people, and no more."""
    user = User.objects.create_user("clerk@example.com", PASSWORD, is_staff=True)
    wanted = ["view_flight", "view_user", "change_user", "view_apikey"]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return user


@pytest.fixture
def with_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = True


@pytest.fixture
def secret(agent, now):
    """The agent's authenticator app."""
    secret = generate_totp_secret()
    TOTP.activate(agent, secret)
    return secret


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(counters())))


def log_in(client, user):
    return client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def texts_of(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


class TestTheDoor:
    def test_leads_a_stranger_to_the_log_in_page_and_back(self, client, db):
        answer = client.get("/admin/airlines/flight/", follow=True)

        assert answer.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2Fairlines%2Fflight%2F"

    def test_is_closed_to_travellers(self, page_of, traveller):
        assert page_of(traveller).get(DESK, follow=True).status_code == 403

    def test_is_closed_to_staff_who_were_switched_off(self, page_of, agent):
        page = page_of(agent)
        User.objects.filter(pk=agent.pk).update(is_active=False)

        assert "/accounts/login/" in page.get(DESK, follow=True).redirect_chain[-1][0]

    def test_opens_to_staff_by_a_password_in_a_demo(self, page_of, agent):
        assert page_of(agent).get(DESK).status_code == 200

    def test_leads_staff_without_a_second_factor_to_set_one_up(self, page_of, agent, with_second_factor):
        answer = page_of(agent).get(DESK, follow=True)

        assert answer.redirect_chain[-1][0] == "/accounts/2fa/"
        assert "Set up your authenticator app first." in texts_of(answer)[0]

    def test_opens_to_staff_who_logged_in_with_a_code(self, client, agent, secret, with_second_factor):
        log_in(client, agent)
        client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})

        assert client.get(DESK).status_code == 200

    def test_stays_closed_until_the_code_is_given(self, client, agent, secret, with_second_factor):
        log_in(client, agent)

        assert "/accounts/2fa/authenticate/" in client.get(DESK, follow=True).redirect_chain[-1][0]

    def test_asks_for_the_code_in_a_session_that_was_opened_before_there_was_one(
        self, page_of, agent, with_second_factor, now
    ):
        page = page_of(agent)
        TOTP.activate(agent, secret := generate_totp_secret())

        asked = page.get("/admin/bookings/booking/", follow=True).redirect_chain[-1][0]
        assert asked == "/accounts/2fa/reauthenticate/?next=%2Fadmin%2Fbookings%2Fbooking%2F"

        opened = page.post(asked, {"code": code_of(secret)}, follow=True)
        assert opened.redirect_chain[-1][0] == "/admin/bookings/booking/"
        assert opened.status_code == 200

    def test_does_not_take_another_persons_second_factor(self, client, clerk, agent, secret, with_second_factor, now):
        log_in(client, agent)
        client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
        client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")

        assert client.get(DESK, follow=True).redirect_chain[-1][0] == "/accounts/2fa/"


def test_a_page_that_somebody_may_not_see_writes_no_traceback(page_of, clerk, caplog):
    assert page_of(clerk).get("/admin/bookings/booking/").status_code == 403

    assert [record.msg for record in caplog.records if record.exc_info] == []
    assert any("request_finished" in str(record.msg) and "403" in str(record.msg) for record in caplog.records)


def test_only_the_desk_allows_what_its_widgets_need(page_of, agent):
    page = page_of(agent)

    at_the_desk = page.get(DESK).headers["Content-Security-Policy"]
    elsewhere = page.get("/accounts/2fa/").headers["Content-Security-Policy"]

    assert "'unsafe-eval'" in at_the_desk
    assert "style-src 'self' 'unsafe-inline'" in at_the_desk
    assert "unsafe" not in elsewhere


def test_the_navigation_shows_what_somebody_may_see(page_of, clerk):
    first_page = page_of(clerk).get(DESK).content.decode()

    assert "/admin/airlines/flight/" in first_page
    assert "/admin/gateway/user/" in first_page
    assert "/admin/bookings/booking/" not in first_page


class TestPeople:
    def person_page(self, user):
        return f"/admin/gateway/user/{user.pk}/change/"

    def test_a_clerk_corrects_a_travellers_name_but_makes_nobody_staff(self, page_of, clerk, traveller):
        page_of(clerk).post(
            self.person_page(traveller),
            {"first_name": "Aisha", "last_name": "Rao", "is_active": "on", "is_staff": "on", "is_superuser": "on"},
        )

        traveller.refresh_from_db()
        assert (traveller.first_name, traveller.is_staff, traveller.is_superuser) == ("Aisha", False, False)

    @pytest.mark.parametrize("what", ["change/", "password/"])
    def test_a_clerk_does_not_touch_other_staff(self, page_of, clerk, agent, what):
        answer = page_of(clerk).post(
            f"/admin/gateway/user/{agent.pk}/{what}",
            {"password1": "my new passphrase", "password2": "my new passphrase"},
        )

        assert answer.status_code == 403

    def test_nobody_is_deleted(self, page_of, agent, traveller):
        assert page_of(agent).post(f"/admin/gateway/user/{traveller.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_a_persons_addresses_are_shown_with_them(self, page_of, agent, traveller):
        EmailAddress.objects.create(user=traveller, email="asha@work.example", verified=True)

        assert "asha@work.example" in page_of(agent).get(self.person_page(traveller)).content.decode()

    def test_a_superuser_makes_a_person(self, page_of, agent):
        new = {"email": "new@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        page_of(agent).post("/admin/gateway/user/add/", new)

        assert User.objects.get(email="new@example.com").check_password(PASSWORD)

    def test_a_superuser_forgets_a_lost_second_factor(self, page_of, agent, clerk, now):
        TOTP.activate(clerk, generate_totp_secret())

        answer = act(page_of(agent), "gateway/user", "forget_second_factor", clerk)

        assert not Authenticator.objects.filter(user=clerk).exists()
        assert texts_of(answer) == ["The second factor was removed for: clerk@example.com."]

    def test_a_clerk_forgets_none(self, page_of, clerk, agent, secret):
        act(page_of(clerk), "gateway/user", "forget_second_factor", agent)

        assert Authenticator.objects.filter(user=agent).exists()


class TestKeys:
    NEW = {"name": "Partner", "scopes": ["search", "book"], "expires_at_0": "", "expires_at_1": ""}

    def test_a_key_is_shown_once_and_works(self, page_of, agent, integrator, as_key):
        page = page_of(agent)

        made = page.post("/admin/gateway/apikey/add/", self.NEW | {"owner": integrator.pk})

        [text] = [text for text in texts_of(made) if "Copy this key now" in text]
        secret = text.rpartition(" ")[2]
        assert as_key(secret).get("/api/v1/bookings/").status_code == 200
        key = ApiKey.objects.get()
        assert key.scopes == ["search", "book"]
        page.get("/admin/")  # shows the messages
        assert secret not in page.get(f"/admin/gateway/apikey/{key.pk}/change/").content.decode()

    def test_a_key_without_a_scope_is_not_made(self, page_of, agent, integrator):
        page_of(agent).post("/admin/gateway/apikey/add/", self.NEW | {"owner": integrator.pk, "scopes": []})

        assert not ApiKey.objects.exists()

    def test_a_changed_key_keeps_its_owner_and_secret(
        self, page_of, agent, traveller, integrator, integrator_key, as_key
    ):
        key = ApiKey.objects.get()
        changes = self.NEW | {"owner": traveller.pk, "name": "Renamed"}

        page_of(agent).post(f"/admin/gateway/apikey/{key.pk}/change/", changes)

        key.refresh_from_db()
        assert (key.name, key.owner, key.scopes) == ("Renamed", integrator, ["search", "book"])
        assert as_key(integrator_key).get("/api/v1/bookings/").status_code == 200

    def test_a_key_gets_a_new_secret_while_the_old_one_goes_on(self, page_of, agent, integrator_key, as_key, now):
        answer = act(page_of(agent), "gateway/apikey", "rotate", ApiKey.objects.get())

        [text] = [text for text in texts_of(answer) if "Copy this key now" in text]
        for secret in (integrator_key, text.rpartition(" ")[2]):
            assert as_key(secret).get("/api/v1/bookings/").status_code == 200

    def test_a_network_that_is_none_is_refused(self, page_of, agent, integrator):
        answer = page_of(agent).post(
            "/admin/gateway/apikey/add/", self.NEW | {"owner": integrator.pk, "networks": "203.0.113.0/24,home"}
        )

        assert "home is no network." in answer.content.decode()

    def test_the_group_of_a_role_stays_as_it_is(self, page_of, agent):
        role, other = Group.objects.get(name="agent"), Group.objects.create(name="auditors")
        page = page_of(agent)

        assert page.post(f"/admin/auth/group/{role.pk}/change/", {"name": "agent"}).status_code == 403
        assert page.post(f"/admin/auth/group/{role.pk}/delete/", {"post": "yes"}).status_code == 403
        assert page.post(f"/admin/auth/group/{other.pk}/change/", {"name": "readers"}).status_code == 302

    def test_a_revoked_key_ends_and_stays_to_be_read(self, page_of, agent, integrator_key, as_key, now):
        key = ApiKey.objects.get()
        page = page_of(agent)

        act(page, "gateway/apikey", "revoke", key)

        assert as_key(integrator_key).get("/api/v1/bookings/").status_code == 401
        assert "revoked" in page.get("/admin/gateway/apikey/").content.decode()
        assert page.post(f"/admin/gateway/apikey/{key.pk}/change/", self.NEW).status_code == 403
        assert page.post(f"/admin/gateway/apikey/{key.pk}/delete/", {"post": "yes"}).status_code == 403


def act(page, model, action, *rows):
    return page.post(f"/admin/{model}/", {"action": action, "_selected_action": [row.pk for row in rows]})
