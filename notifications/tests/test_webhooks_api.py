"""Events and webhooks through the API and on the desk."""

from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from flights_project.gateway.models import ApiKey
from notifications.models import Event, EventType, WebhookDelivery, WebhookEndpoint
from notifications.services.events import forget, record
from notifications.services.webhook_delivery import deliver_due

pytestmark = pytest.mark.django_db

EVENTS, ENDPOINTS = "/api/v1/events/", "/api/v1/webhook-endpoints/"


@pytest.fixture
def program(as_key, integrator_key):
    return as_key(integrator_key)


@pytest.fixture
def program_with(as_key, integrator):
    def program_with(*scopes):
        return as_key(ApiKey.issue(owner=integrator, name="tests", scopes=list(scopes))[1])

    return program_with


@pytest.fixture
def wanted(receiver):
    return {"url": receiver.url("/hook"), "events": ["booking.held", "booking.confirmed"], "description": "Our shop"}


@pytest.fixture
def happen(integrator, now):
    def happen(*abouts, owner=integrator):
        for about in abouts:
            record(owner=owner.pk, type=EventType.BOOKING_HELD, about=about, facts={"locator": about}, now=now)

    return happen


class TestEvents:
    def test_are_read_page_by_page(self, program, happen):
        happen("BOOK01", "BOOK02", "BOOK03")

        first = program.get(f"{EVENTS}?page_size=2").json()
        second = program.get(first["next"]).json()

        assert [each["sequence"] for each in first["results"]] == [1, 2]
        assert [each["sequence"] for each in second["results"]] == [3]
        assert (second["next"], second["previous"]) == (None, None)
        assert program.get(f"{EVENTS}?after=3").json()["results"] == []

    def test_are_of_a_type_and_have_the_fields_that_were_asked_for(self, program, happen):
        happen("BOOK01", "BOOK02")

        page = program.get(f"{EVENTS}?type=booking.held&fields=sequence&page_size=1").json()

        assert page["results"] == [{"sequence": 1}]
        assert program.get(page["next"]).json()["results"] == [{"sequence": 2}]
        assert program.get(f"{EVENTS}?type=booking.expired").json()["results"] == []

    def test_of_others_are_not_there(self, program, happen, stranger, integrator):
        stranger.groups.set(integrator.groups.all())
        happen("OTHER1", owner=stranger)

        assert program.get(EVENTS).json()["results"] == []

    def test_that_are_forgotten_are_missed_openly(self, program, happen, now, settings):
        happen("BOOK01", "BOOK02")
        program.get(EVENTS)
        forget(now=now + settings.EVENTS_KEPT + timedelta(seconds=1))

        answer = program.get(f"{EVENTS}?after=0")

        assert (answer.status_code, answer.json()["code"], answer.json()["earliest"]) == (410, "events_forgotten", 2)
        assert program.get(f"{EVENTS}?after=2").json()["results"] == []

    @pytest.mark.parametrize(
        "query", ["after=-1", "after=x", "after=1_0", "after=9223372036854775808", "page_size=0", "type=x"]
    )
    def test_a_wrong_question_names_the_field(self, program, query):
        answer = program.get(f"{EVENTS}?{query}")

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [query.partition("=")[0]]

    @pytest.mark.parametrize("events", [1, 30])
    def test_cost_the_same_for_one_and_for_many(self, program, happen, events, django_assert_num_queries):
        happen(*(f"BOOK{n:02}" for n in range(events)))
        program.get(EVENTS)

        with django_assert_num_queries(4):
            assert len(program.get(EVENTS).json()["results"]) == events


class TestWho:
    def test_a_key_needs_the_scope(self, program_with, wanted):
        assert program_with("book").get(EVENTS).status_code == 403
        assert program_with("events").get(EVENTS).status_code == 200
        assert program_with("events").get(ENDPOINTS).status_code == 200
        assert program_with("events").post(ENDPOINTS, wanted).status_code == 403
        assert program_with("manage").post(ENDPOINTS, wanted).status_code == 201

    def test_a_traveller_has_none_of_it(self, as_user, api, traveller, wanted):
        assert api.get(EVENTS).status_code == 401
        assert as_user(traveller).get(EVENTS).status_code == 403
        assert as_user(traveller).post(ENDPOINTS, wanted).status_code == 403

    def test_anothers_endpoint_is_as_unknown_as_none(self, program, as_user, stranger, integrator, wanted):
        stranger.groups.set(integrator.groups.all())
        mine = program.post(ENDPOINTS, wanted).json()["id"]
        ping = program.post(f"{ENDPOINTS}{mine}/ping/").json()["id"]
        other = as_user(stranger)

        assert other.get(ENDPOINTS).json()["results"] == []
        assert other.get(f"{ENDPOINTS}{mine}/").status_code == 404
        assert other.patch(f"{ENDPOINTS}{mine}/", {"status": "paused"}).status_code == 404
        assert other.delete(f"{ENDPOINTS}{mine}/").status_code == 404
        assert other.post(f"{ENDPOINTS}{mine}/ping/").status_code == 404
        assert other.post(f"{ENDPOINTS}{mine}/rotate-secret/").status_code == 404
        assert other.get(f"{ENDPOINTS}{mine}/deliveries/").status_code == 404
        assert other.post(f"{ENDPOINTS}{mine}/deliveries/{ping}/redeliver/").status_code == 404
        assert other.get(f"{ENDPOINTS}{'-' * 36}/").status_code == 404
        assert other.get(f"{ENDPOINTS}{'-' * 36}/deliveries/").status_code == 404


class TestEndpoints:
    def test_the_secret_is_shown_when_it_is_made_and_never_again(self, program, wanted):
        made = program.post(ENDPOINTS, wanted).json()

        assert made["secret"].startswith("whsec_")
        assert made["status"] == "enabled"
        assert "secret" not in program.get(f"{ENDPOINTS}{made['id']}/").json()

    def test_a_test_is_sent_and_its_answer_is_in_the_log(self, program, wanted, receiver):
        made = program.post(ENDPOINTS, wanted).json()
        ping = program.post(f"{ENDPOINTS}{made['id']}/ping/").json()
        deliver_due(seconds=10)

        [logged] = program.get(f"{ENDPOINTS}{made['id']}/deliveries/?status=delivered").json()["results"]
        [sent] = receiver.received
        assert (logged["id"], logged["type"], logged["next_try_at"]) == (ping["id"], "ping", None)
        assert [attempt["status_code"] for attempt in logged["attempts"]] == [200]
        assert Webhook(made["secret"]).verify(sent.body, sent.headers)["type"] == "ping"

    def test_what_failed_is_sent_once_more(self, program, wanted, receiver, happen):
        receiver.answers["/hook"] = 500
        made = program.post(ENDPOINTS, wanted).json()
        happen("KV2T9X")
        deliver_due(seconds=10)
        receiver.answers["/hook"] = 200
        log = f"{ENDPOINTS}{made['id']}/deliveries/"
        [failed] = program.get(log).json()["results"]

        assert program.post(f"{log}{failed['id']}/redeliver/").status_code == 200
        deliver_due(seconds=10)

        again = program.get(f"{log}{failed['id']}/").json()
        assert (again["status"], [each["status_code"] for each in again["attempts"]]) == ("delivered", [500, 200])
        assert len({each.headers["webhook-id"] for each in receiver.received}) == 1

    def test_are_changed_and_deleted(self, program, wanted):
        url = f"{ENDPOINTS}{program.post(ENDPOINTS, wanted).json()['id']}/"

        changed = program.patch(url, {"events": ["refund.paid"], "status": "paused"}).json()

        assert (changed["events"], changed["status"], changed["description"]) == (["refund.paid"], "paused", "Our shop")
        assert program.post(f"{url}ping/").json()["code"] == "endpoint_not_enabled"
        assert program.delete(url).status_code == 204
        assert not WebhookEndpoint.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"url": "nowhere"}, "url"),
            ({"url": "https://user@example.com/"}, "url"),
            ({"url": "https://example.com:99999/"}, "url"),
            ({"events": []}, "events"),
            ({"events": ["booking.forged"]}, "events[0]"),
        ],
    )
    def test_wrong_ones_name_the_field(self, program, wanted, changes, field):
        answer = program.post(ENDPOINTS, wanted | changes)

        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]

    def test_a_status_that_is_ours_to_set_is_refused(self, program, wanted):
        url = f"{ENDPOINTS}{program.post(ENDPOINTS, wanted).json()['id']}/"

        assert list(program.patch(url, {"status": "gone"}).json()["errors"]) == ["status"]


class TestDesk:
    def test_staff_try_an_endpoint_and_send_again(self, page_of, agent, program, wanted, happen):
        made = program.post(ENDPOINTS, wanted).json()
        happen("KV2T9X")
        program.get(EVENTS)
        WebhookDelivery.objects.update(status="failed")
        desk = page_of(agent)

        desk.post("/admin/notifications/webhookendpoint/", {"action": "ping", "_selected_action": [made["id"]]})
        delivery = WebhookDelivery.objects.exclude(event=None).get()
        desk.post("/admin/notifications/webhookdelivery/", {"action": "redeliver", "_selected_action": [delivery.pk]})

        assert WebhookDelivery.objects.filter(event=None, status="waiting").count() == 1
        delivery.refresh_from_db()
        assert delivery.status == "waiting"

    @pytest.mark.parametrize("page", ["webhookendpoint", "webhookdelivery", "event"])
    def test_pages_show_what_there_is(self, page_of, agent, program, wanted, happen, page):
        program.post(ENDPOINTS, wanted)
        happen("KV2T9X")
        program.get(EVENTS)
        row = {"webhookendpoint": WebhookEndpoint, "webhookdelivery": WebhookDelivery, "event": Event}[page]
        desk = page_of(agent)

        shown = desk.get(f"/admin/notifications/{page}/").content.decode()
        opened = desk.get(f"/admin/notifications/{page}/{row.objects.get().pk}/change/").content.decode()

        assert ("/hook" in shown) or ("KV2T9X" in shown)
        assert ("/hook" in opened) or ("KV2T9X" in opened)

    def test_a_paused_endpoint_is_not_tried(self, page_of, agent, program, wanted):
        made = program.post(ENDPOINTS, wanted).json()
        desk = page_of(agent)
        act = {"_selected_action": [made["id"]]}

        desk.post("/admin/notifications/webhookendpoint/", {"action": "pause", **act})
        answer = desk.post("/admin/notifications/webhookendpoint/", {"action": "ping", **act}, follow=True)

        assert "Not enabled" in answer.content.decode()
        assert not WebhookDelivery.objects.exists()
