"""Schedules out of and into files: shown first, all done or nothing, and a wrong row named."""

from dataclasses import replace
from datetime import date, time
from io import BytesIO
from typing import Any

import pytest
import tablib
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from airlines.models import Flight, Schedule
from airlines.services.flight_making import make_flights
from airlines.services.schedule_rows import COLUMNS, row_of
from airlines.services.schedules import add_schedule, pattern_of
from airlines.tests.factories import AirplaneFactory, a_pattern
from bookings.tests.factories import make_booking
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.gateway.services import give_role
from flights_project.lib import clock
from notifications.models import Message

pytestmark = pytest.mark.django_db

FIRST = date(2026, 12, 1)
CSV, XLSX = "0", "1"


@pytest.fixture
def pair(db):
    return AirplaneFactory(), AirplaneFactory()


@pytest.fixture
def pattern(pair, now):
    return a_pattern(
        starts_on=FIRST,
        ends_on=date(2026, 12, 6),
        airplanes=pair,
        fares={"light": 4000, "flex": 6200},
        weekday_percents=(100, 90, 90, 100, 110, 100, 120),
        floor_percent=75,
        origin_terminal="3",
    )


@pytest.fixture
def desk(page_of, agent):
    return page_of(agent)


def rows(*patterns, **changes) -> list[dict[str, Any]]:
    return [row_of(pattern) | changes for pattern in patterns]


def pair_of_days(pair):
    """One number by two schedules: at six on Monday, Wednesday and Friday, at nine on the days between."""
    early = a_pattern(starts_on=date(2026, 12, 6), ends_on=date(2026, 12, 19), days="135", airplanes=pair[:1])
    late = replace(early, starts_on=date(2026, 12, 7), days="246", departs=time(9), arrives=time(11))
    add_schedule(early)
    add_schedule(late)
    return early, late


def upload(desk, rows, form=CSV):
    sheet = tablib.Dataset(*[[row[column] for column in COLUMNS] for row in rows], headers=COLUMNS)
    content = sheet.export("xlsx") if form == XLSX else sheet.export("csv").encode()
    file = SimpleUploadedFile("schedules", content)
    return desk.post("/admin/airlines/schedule/import/", {"import_file": file, "format": form, "resource": ""})


def confirm(desk, answer):
    return desk.post("/admin/airlines/schedule/process_import/", answer.context["confirm_form"].initial)


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def asked_by(act) -> list[str]:
    """The statements, without the savepoint that the library sets for each row."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]


def refused(answer) -> dict[int, dict[str, list[str]]]:
    return {row.number: row.field_specific_errors for row in answer.context["result"].invalid_rows}


class TestARow:
    @pytest.mark.parametrize(
        ("column", "wrong", "why"),
        [
            ("origin", "XXX", "There is no airport XXX."),
            ("departs", "six", "Not a time: six. Write 06:30."),
            ("starts_on", "1.12.2026", "Not a day: 1.12.2026. Write 2027-03-28."),
            ("starts_on", "", "Say the first day, such as 2027-03-28."),
            ("day_offset", "next", "Not a whole number: next."),
            ("airplane_type", "", "There is no airplane type –."),
            ("airplanes", "VT-XXX", "There is no airplane VT-XXX."),
            ("fares", "economy light", "Not a fare: economy light. Write economy light 4500."),
            ("fares", "economy light much", "Not an amount: much."),
            ("fares", "economy basic 4000", "There is no fare family basic."),
            ("days", "246x", "Digits from 1 for Monday to 7 for Sunday, in order, each once, such as 135."),
            ("weekday_percents", "100 100", "Seven percentages, from Monday to Sunday."),
        ],
    )
    def test_a_wrong_column_is_named(self, pattern, desk, column, wrong, why):
        answer = upload(desk, rows(pattern, **{column: wrong}))

        [(number, faults)] = refused(answer).items()
        assert number == 1
        assert column in faults
        assert why in faults[column][0]
        assert "confirm_form" not in answer.context


class TestAFile:
    def test_is_shown_first_and_then_done(self, pattern, desk, now, django_capture_on_commit_callbacks):
        answer = upload(desk, rows(pattern, replace(pattern, number="KV303", departs=time(7), arrives=time(9))))

        assert not Schedule.objects.exists()
        assert "Flights: made: 12. Bookings that are told: 0." in said(answer)

        with django_capture_on_commit_callbacks() as after:
            answer = confirm(desk, answer)

        assert answer.status_code == 302
        assert next(pattern_of(each) for each in Schedule.objects.with_pattern()) == pattern
        assert any("make_flights" in str(callback) for callback in after)

    @pytest.mark.parametrize("form", [CSV, XLSX])
    def test_that_was_exported_changes_nothing(self, pattern, desk, now, form):
        add_schedule(pattern)
        add_schedule(replace(pattern, number="KV303", ends_on=None, airplanes=(), floor_percent=None, days="135"))
        exported = desk.post("/admin/airlines/schedule/export/", {"format": form, "resource": ""}).content

        file = SimpleUploadedFile("schedules", exported)
        fields = {"import_file": file, "format": form, "resource": ""}
        answer = desk.post("/admin/airlines/schedule/import/", fields)

        totals = answer.context["result"].totals
        assert (totals["skip"], totals["new"], totals["update"], totals["invalid"]) == (2, 0, 0, 0)
        sheet = tablib.Dataset().load(
            BytesIO(exported) if form == XLSX else exported.decode(), format=["csv", "xlsx"][int(form)]
        )
        assert tuple(sheet.headers) == COLUMNS

    def test_that_changes_times_moves_flights_and_tells(self, pattern, desk, traveller, now):
        add_schedule(pattern)
        make_flights(now=now)
        make_booking(traveller, Flight.objects.earliest("departs_at"), now=now)

        answer = upload(desk, rows(pattern, departs="07:00", arrives="09:00"))
        assert "changed: 6. Bookings that are told: 1." in said(answer)
        assert not Message.objects.filter(kind="flight_delayed").exists()
        confirm(desk, answer)

        assert Message.objects.filter(kind="flight_delayed", way="email").count() == 1
        assert Schedule.objects.get().departs == time(7)

    def test_is_not_done_where_something_changed_since_it_was_shown(self, pattern, desk, traveller, now):
        add_schedule(pattern)
        make_flights(now=now)
        answer = upload(desk, rows(pattern, ends_on="2026-12-05"))
        make_booking(traveller, Flight.objects.latest("departs_at"), now=now)

        answer = confirm(desk, answer)

        assert "Something has changed since this was shown" in said(answer)
        assert Schedule.objects.get().ends_on == date(2026, 12, 6)

    def test_with_a_row_that_became_wrong_since_does_nothing(self, pattern, pair, desk, now):
        other = replace(pattern, number="KV303")
        answer = upload(desk, rows(other, pattern))
        add_schedule(replace(pattern, starts_on=date(2026, 12, 2), airplanes=()))

        answer = confirm(desk, answer)

        assert "Row 2" in said(answer)
        assert Schedule.objects.count() == 1

    def test_with_a_wrong_row_in_5000_names_it_and_changes_nothing(self, pattern, desk):
        sheet = rows(*[replace(pattern, number=f"KV{n}") for n in range(1, 5001)])
        sheet[3210] |= {"airplanes": "VT-KXX", "departs": "25:00"}

        answer = upload(desk, sheet)

        assert list(refused(answer)) == [3211]
        assert set(refused(answer)[3211]) == {"airplanes", "departs"}
        assert "confirm_form" not in answer.context
        assert not Schedule.objects.exists()

    def test_shows_what_could_not_be_flown_with_all_rows_done(self, pattern, pair, desk, now):
        there = replace(pattern, airplanes=pair[:1])
        back = a_pattern("BOM", "DEL", starts_on=FIRST, number="KV302", departs=time(9), arrives=time(11))
        back = replace(back, ends_on=pattern.ends_on, airplanes=pair[:1])
        early = replace(back, departs=time(7), arrives=time(9))

        answer = upload(desk, rows(there, early))

        [first, *_others] = answer.wsgi_request.schedules.conflicts
        assert (first.example.kind, first.example.flown.number) == ("two_places", "KV302")
        assert "the airplane is in two places" in answer.content.decode()
        assert not upload(desk, rows(there, back)).wsgi_request.schedules.conflicts

    @pytest.mark.parametrize("airplanes", ["named", "any"])
    def test_asks_no_more_for_being_longer(self, pattern, desk, now, airplanes):
        if airplanes == "any":
            pattern = replace(pattern, airplanes=())
        patterns = [replace(pattern, number=f"KV{n}", departs=time(6), arrives=time(8)) for n in range(1, 9)]
        for each in patterns:
            add_schedule(each)
        make_flights(now=now)
        later = rows(*patterns, departs="06:05", arrives="08:05")

        few, many = (asked_by(lambda sheet=sheet: upload(desk, sheet)) for sheet in (later[:2], later))

        assert len(many) == len(few), "\n".join(many)

    @pytest.mark.parametrize("airplanes", ["named", "any"])
    def test_that_is_confirmed_asks_no_more_for_being_longer(self, pattern, desk, now, airplanes):
        """Rows whose flights stay as they are, such as those of other fares."""
        if airplanes == "any":
            pattern = replace(pattern, airplanes=())
        patterns = [replace(pattern, number=f"KV{n}") for n in range(1, 9)]
        for each in patterns:
            add_schedule(each)
        make_flights(now=now)
        fares = "economy light 5000; economy flex 7000"

        few = upload(desk, rows(*patterns[:2], fares=fares))
        asked_of_few = asked_by(lambda: confirm(desk, few))
        many = upload(desk, rows(*patterns[2:], fares=fares))
        asked_of_many = asked_by(lambda: confirm(desk, many))

        assert len(asked_of_many) == len(asked_of_few), "\n".join(asked_of_many)
        assert {row_of(pattern_of(each))["fares"] for each in Schedule.objects.with_pattern()} == {
            "economy light 5000.00; economy flex 7000.00"
        }

    def test_shows_the_first_rows_and_how_many_more_there_are(self, pattern, desk, monkeypatch):
        monkeypatch.setattr("bookings.admin.schedule_files.ROWS_SHOWN", 2)

        page = upload(desk, rows(*[replace(pattern, number=f"KV{n}") for n in (1, 2, 3, 4, 5)])).content.decode()

        assert page.count('<th scope="row">') == 2
        assert "KV2" in page
        assert "3 more lines are not shown." in page

    def test_with_two_rows_that_meet_names_the_second(self, pattern, desk):
        answer = upload(desk, rows(pattern, replace(pattern, starts_on=date(2026, 12, 5), ends_on=None)))

        assert list(refused(answer)) == [2]

    def test_may_swap_the_days_of_two_schedules_and_keeps_who_is_booked(self, pair, desk, traveller, now):
        early, late = pair_of_days(pair)
        make_flights(now=now)
        before = dict(Flight.objects.values_list("departs_on", "pk"))
        monday = Flight.objects.get(departs_on=date(2026, 12, 7))
        booking = make_booking(traveller, monday, now=now)

        answer = upload(desk, rows(replace(early, days="246"), replace(late, days="135")))
        done = confirm(desk, answer)

        assert "Bookings that are told: 1." in said(answer)
        assert done.status_code == 302
        assert {each.days: each.departs for each in Schedule.objects.all()} == {"246": time(6), "135": time(9)}
        assert dict(Flight.objects.values_list("departs_on", "pk")) == before
        for schedule in Schedule.objects.select_related("origin"):
            for flight in schedule.flights.all():
                assert str(flight.departs_on.isoweekday()) in schedule.days
                assert flight.departs_at.astimezone(clock.zone(schedule.origin.zone)).time() == schedule.departs
        booking.refresh_from_db()
        assert (booking.status, monday.pk) == ("confirmed", booking.segments.get().flight_id)

    def test_of_days_that_are_swapped_still_meets_a_third(self, pair, desk, now):
        early, late = pair_of_days(pair)
        answer = upload(desk, rows(replace(early, days="246"), replace(late, days="135")))
        add_schedule(replace(early, days="7", starts_on=date(2026, 12, 5)))
        again = upload(desk, rows(replace(early, days="246"), replace(late, days="1357")))

        assert answer.context["confirm_form"]
        [words] = refused(again)[2]["number"]
        assert "the one whose first day is 2026-12-05, on days 7." in words

    def test_that_moves_a_number_to_another_route_is_refused(self, pattern, desk):
        add_schedule(pattern)
        a_pattern("DEL", "BLR", starts_on=FIRST)

        assert list(refused(upload(desk, rows(pattern, destination="BLR")))[1]) == ["destination"]

    def test_without_a_column_says_which(self, pattern, desk):
        file = SimpleUploadedFile("schedules", b"number,origin,gate\nKV301,DEL,4\n")

        answer = desk.post("/admin/airlines/schedule/import/", {"import_file": file, "format": CSV, "resource": ""})

        [error] = answer.context["result"].base_errors
        assert "Missing: destination" in str(error.error)
        assert "Unknown: gate" in str(error.error)


@pytest.mark.parametrize(("role", "status"), [(Role.AGENT, 403), (Role.SUPERVISOR, 200)])
def test_who_may_not_plan_may_not_import(page_of, role, status, now):
    user = User.objects.create_user("staff@example.com", "a long enough passphrase", is_staff=True)
    give_role(user=user, role=role)
    desk = page_of(user)

    assert desk.get("/admin/airlines/schedule/import/").status_code == status
    assert desk.post("/admin/airlines/schedule/process_import/").status_code == (403 if status == 403 else 200)
    assert desk.get("/admin/airlines/schedule/export/").status_code == 200


def test_who_may_not_plan_reads_all_that_a_schedule_says(page_of, pattern, now):
    schedule = add_schedule(pattern)
    user = User.objects.create_user("staff@example.com", "a long enough passphrase", is_staff=True)
    give_role(user=user, role=Role.AGENT)

    page = page_of(user).get(f"/admin/airlines/schedule/{schedule.pk}/change/")

    words = page.content.decode()
    assert page.status_code == 200
    assert " + ".join(airplane.registration for airplane in pattern.airplanes) in words
    assert "₹6,200" in words
    assert "See what would happen" not in words
    assert "End the schedule" not in words
