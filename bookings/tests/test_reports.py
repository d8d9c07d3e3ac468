"""Lists that staff take away: written by a worker, in parts, for who asked, for a while."""

import csv
from datetime import date, timedelta
from io import BytesIO, StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from openpyxl import load_workbook
from pypdf import PdfReader

from airlines.tests.factories import make_flight
from bookings.models import Booking, Coupon, Report, ReportPart
from bookings.services import reports
from bookings.services.reports import ask_report, content_of, forget_reports, link_to, write_report, write_reports
from bookings.tests.factories import adult, infant, make_booking, make_hold
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.lib import tables
from flights_project.lib.tables import plain

pytestmark = pytest.mark.django_db
LIST = "/admin/bookings/report/"


def of_role(role):
    user = User.objects.create_user(f"{role}@airline.example", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def clerk(db):
    return of_role(Role.AGENT)


@pytest.fixture
def flight(in_a_month):
    return make_flight(departs_at=in_a_month, seats=10, number="KV101")


@pytest.fixture
def ask(clerk, now):
    def ask(kind="bookings", first=date(2026, 11, 1), last=date(2026, 12, 31), user=clerk, **rest):
        return ask_report(kind=kind, first_day=first, last_day=last, reason="Audit", user=user, now=now, **rest)

    return ask


def rows_of(report):
    text = b"".join(content_of(report)).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


def written(report, now):
    written_file(report, now)
    return rows_of(report)


def written_file(report, now):
    assert write_reports(now=now) == 1
    report.refresh_from_db()
    return b"".join(content_of(report))


def sheet_of(content):
    head, *rows = load_workbook(BytesIO(content), read_only=True).active.values
    return [dict(zip(head, row, strict=True)) for row in rows]


class TestWriting:
    def test_bookings_of_some_days(self, ask, traveller, stranger, flight, now):
        booking = make_booking(traveller, flight, now=now, travellers=[adult(), adult()])
        other = make_hold(stranger, flight, now=now)
        type(other).objects.filter(pk=other.pk).update(held_at=now - timedelta(days=40))

        [row] = written(ask(), now)

        assert (row["locator"], row["status"], row["travellers"]) == (booking.locator, "confirmed", "2")
        assert (row["total"], row["first_flight"], row["departs_on"]) == ("8000.00", "KV101", "2026-12-20")
        assert row["contact_email"] == traveller.email

    def test_revenue_by_route(self, ask, traveller, flight, now):
        make_booking(traveller, flight, now=now)

        [row] = written(ask("revenue"), now)

        assert row == {
            "origin": "DEL",
            "destination": "BOM",
            "flights": "1",
            "seats": "10",
            "seats_sold": "1",
            "load_percent": "10",
            "revenue": "4000.00",
            "average_fare": "4000.00",
        }

    def test_no_shows_are_those_who_did_not_check_in_until_the_flight_had_left(
        self, ask, traveller, flight, now, in_a_month
    ):
        booking = make_booking(traveller, flight, now=now, travellers=[adult(), adult(family_name="Late")])
        Coupon.objects.filter(passenger__family_name="Late").update(status="checked_in")

        assert reports.table_of(ask("no_shows"), now=in_a_month).expected == 0
        [row] = list(reports.table_of(ask("no_shows"), now=in_a_month + timedelta(minutes=1)).rows)

        assert row[0] == "KV101"
        assert row[4] == booking.locator
        assert row[5] != "Late"

    def test_in_parts_that_make_one_file(self, ask, traveller, stranger, flight, now, monkeypatch):
        monkeypatch.setattr(reports, "LINES_IN_A_PART", 1)
        make_hold(traveller, flight, now=now)
        make_hold(stranger, flight, now=now)
        report = ask()

        assert len(written(report, now)) == 2
        assert (report.parts.count(), report.rows_written, report.rows_expected, report.percent) == (3, 2, 2, 100)

    def test_once_by_however_many_workers(self, ask, now):
        report = ask()

        assert write_report(report.pk)
        assert not write_report(report.pk)

    def test_anew_where_a_worker_was_lost(self, ask, traveller, flight, now):
        make_hold(traveller, flight, now=now)
        report = ask()
        Report.objects.update(status="writing", worked_at=now - timedelta(minutes=6))
        ReportPart.objects.create(report=report, number=0, content=b"half a file")

        assert len(written(report, now)) == 1

    def test_leaves_alone_what_a_living_worker_writes(self, ask, now):
        ask()
        Report.objects.update(status="writing", worked_at=now - timedelta(minutes=4))

        assert write_reports(now=now) == 0

    def test_says_where_it_failed(self, ask, now, monkeypatch):
        report = ask()

        def broken(*_args, **_kwargs):
            raise RuntimeError

        monkeypatch.setattr(reports, "table_of", broken)
        assert write_reports(now=now) == 0
        report.refresh_from_db()
        assert report.status == "failed"

    def test_goes_when_its_time_is_over_and_stays_explained(self, ask, now):
        report = ask()
        written(report, now)

        assert forget_reports(now=now + timedelta(hours=23)) == 0
        assert forget_reports(now=now + timedelta(hours=24)) == 1
        report.refresh_from_db()
        assert (report.reason, report.parts.count()) == ("Audit", 0)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1"])
def test_a_cell_is_never_a_formula(text):
    assert plain(text) == f"'{text}"


@pytest.mark.parametrize("cell", ["Asha", "O'Neil", "", -5, None])
def test_other_cells_stay_as_they_are(cell):
    assert plain(cell) == cell


class TestASheet:
    def test_holds_numbers_instants_in_utc_and_text(self, ask, traveller, flight, now):
        booking = make_booking(traveller, flight, now=now)
        Booking.objects.filter(pk=booking.pk).update(contact_phone="=1+1\x07")
        report = ask(ending="xlsx")

        [row] = sheet_of(written_file(report, now))

        assert (row["locator"], row["total"], row["travellers"]) == (booking.locator, 4000, 1)
        assert row["booked_at"] == now.replace(tzinfo=None, microsecond=0)
        assert row["contact_phone"] == "'=1+1"

    def test_is_one_file_however_many_pieces(self, ask, traveller, stranger, flight, now, monkeypatch):
        monkeypatch.setattr(reports, "BYTES_IN_A_PART", 1000)
        monkeypatch.setattr(reports, "LINES_IN_A_PART", 1)
        for owner in (traveller, stranger):
            make_hold(owner, flight, now=now)
        report = ask(ending="xlsx")

        assert len(sheet_of(written_file(report, now))) == 2
        assert report.parts.count() > 1
        assert (report.rows_written, report.percent) == (2, 100)

    def test_goes_on_in_another_sheet_where_one_is_full(self, monkeypatch):
        monkeypatch.setattr(tables, "ROWS_IN_A_SHEET", 3)
        file, sheets = BytesIO(), tables.Sheets(("n",))
        sheets.add((n,) for n in range(5))

        sheets.save(file)

        book = load_workbook(file, read_only=True)
        assert [[cell for (cell,) in sheet.values] for sheet in book] == [["n", 0, 1], ["n", 2, 3], ["n", 4]]

    def test_of_who_flies_on_a_flight(self, page_of, clerk, traveller, flight, now):
        make_booking(traveller, flight, now=now, travellers=[adult(family_name="Iyer")])

        file = page_of(clerk).get(f"/admin/airlines/flight/{flight.pk}/manifest.xlsx")

        assert [row["family_name"] for row in sheet_of(file.content)] == ["Iyer"]


class TestTheDesk:
    def asked(self, **changes):
        asked = {"kind": "bookings", "first_day": "2026-11-01", "last_day": "2026-11-30", "ending": "csv"}
        return asked | {"reason": "Audit"} | changes

    def test_a_list_is_asked_for_watched_and_taken_away(self, page_of, clerk, traveller, flight, now):
        booking = make_hold(traveller, flight, now=now)
        desk = page_of(clerk)

        page = desk.post(f"{LIST}add/", self.asked(), follow=True)
        assert "It waits for its turn." in page.content.decode()
        write_reports(now=now)
        report = Report.objects.get()
        link = desk.get(f"{LIST}{report.pk}/change/").context["link"]
        file = desk.get(link)

        assert booking.locator in b"".join(file.streaming_content).decode()
        assert file.headers["Content-Disposition"] == 'attachment; filename="bookings-2026-11-01-2026-11-30.csv"'
        assert "no-store" in file.headers["Cache-Control"]

    def test_a_sheet_is_named_as_one(self, page_of, clerk, now):
        desk = page_of(clerk)
        desk.post(f"{LIST}add/", self.asked(ending="xlsx"))
        write_reports(now=now)
        page = desk.get(f"{LIST}{Report.objects.get().pk}/change/")

        file = desk.get(page.context["link"])

        assert "Take it away as XLSX" in page.content.decode()
        assert file.headers["Content-Disposition"].endswith('2026-11-30.xlsx"')
        assert file.headers["Content-Type"].endswith("spreadsheetml.sheet")

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"last_day": "2026-10-01"}, "It ends before it begins."),
            ({"last_day": "2029-10-01"}, "No more than 400 days at a time."),
            ({"reason": ""}, "This field is required."),
            ({"kind": "revenue"}, "Select a valid choice."),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, page_of, clerk, changes, said):
        answer = page_of(clerk).post(f"{LIST}add/", self.asked(**changes))

        [field] = changes
        assert said in answer.context["adminform"].form.errors[field][0]
        assert not Report.objects.exists()

    def test_the_link_is_for_who_asked_and_while_it_lasts(self, page_of, ask, clerk, agent, now):
        report = ask()
        written(report, now)
        url = f"{LIST}file/{link_to(report)}/"

        assert page_of(clerk).get(url).status_code == 200
        assert page_of(agent).get(url).status_code == 404
        assert page_of(clerk).get(f"{LIST}file/made-up/").status_code == 404
        Report.objects.update(expires_at=now)
        assert page_of(clerk).get(url).headers["Location"] == LIST

    def test_the_link_ends_with_the_right(self, page_of, ask, clerk, now):
        report = ask()
        written(report, now)
        clerk.groups.set([Group.objects.get(name=Role.AIRPORT_AGENT)])

        assert page_of(clerk).get(f"{LIST}file/{link_to(report)}/").status_code == 403

    def test_everybody_sees_their_own(self, page_of, ask, now):
        ask()

        assert not page_of(of_role(Role.SUPERVISOR)).get(LIST).context["cl"].result_list

    def test_a_planner_asks_for_none(self, page_of, now):
        planner = page_of(of_role(Role.SCHEDULE_PLANNER))

        assert planner.get(f"{LIST}add/").status_code == 403


class TestManifest:
    @pytest.fixture
    def booking(self, traveller, flight, now):
        party = [adult(family_name="=Rao"), adult(family_name="Zed"), infant(with_adult=0, family_name="=Rao")]
        return make_booking(traveller, flight, now=now, travellers=party)

    def url(self, flight, ending):
        return f"/admin/airlines/flight/{flight.pk}/manifest.{ending}"

    def test_names_everybody_aboard_in_a_file_that_opens_as_text(self, page_of, booking, flight, stranger, now):
        make_hold(stranger, flight, now=now)
        text = page_of(of_role(Role.AIRPORT_AGENT)).get(self.url(flight, "csv")).content.decode("utf-8-sig")

        rows = list(csv.DictReader(StringIO(text)))

        assert {row["family_name"] for row in rows} == {"'=Rao", "Zed"}
        assert [row["type"] for row in rows].count("infant") == 1
        assert {row["locator"] for row in rows} == {booking.locator}
        assert all(row["ticket"] for row in rows)

    def test_is_a_paper_with_the_flight_and_its_number_on_each_page(self, page_of, booking, flight, now):
        content = page_of(of_role(Role.AIRPORT_AGENT)).get(self.url(flight, "pdf")).content

        [page] = PdfReader(BytesIO(content)).pages
        for words in ("KV101", "Zed", booking.locator, "2 travellers, 1 infants"):
            assert words in page.extract_text()

    def test_stays_in_the_flights_log(self, page_of, flight, now):
        page_of(airport := of_role(Role.AIRPORT_AGENT)).get(self.url(flight, "csv"))

        assert LogEntry.objects.get(object_id=str(flight.pk)).user == airport

    @pytest.mark.parametrize("role", [Role.REVENUE_MANAGER, Role.SCHEDULE_PLANNER])
    def test_is_not_for_those_who_need_no_names(self, page_of, flight, role, now):
        assert page_of(of_role(role)).get(self.url(flight, "csv")).status_code == 403
