"""Who flies on a flight: the list that the airport works with, on paper and for a spreadsheet. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from airlines.models import Flight, Seat
from bookings.models import Coupon, Passenger
from bookings.services.e_tickets import MARGIN, RULES, SMALL, TEXT, TITLE, WIDTH, printable
from bookings.services.telling import day_of
from flights_project.lib import clock
from flights_project.lib.tables import START, Sheets, csv_of

HEAD = ("seat", "family_name", "given_name", "title", "type", "cabin", "locator", "ticket", "status")
SHARES = (6, 22, 20, 7, 9, 12, 11, 17, 13)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A flight and everybody who has a place on it, paid for: by seat, those without one at the end, infants after the
    adult whom they sit with."""

    flight: Flight
    coupons: list[Coupon]

    @property
    def seats(self) -> int:
        return sum(coupon.passenger.type != Passenger.Type.INFANT for coupon in self.coupons)

    @property
    def infants(self) -> int:
        return len(self.coupons) - self.seats


def manifest_of(flight: Flight) -> Manifest:
    """In one query."""
    sold = Coupon.objects.filter(flight=flight, status__in=Coupon.SOLD)
    coupons = list(sold.select_related("passenger__ticket", "booking", "seat"))
    seats: dict[tuple[int, int | None], Seat | None] = {
        (coupon.booking_id, coupon.passenger.position): coupon.seat for coupon in coupons
    }

    def place(coupon: Coupon) -> tuple[object, ...]:
        seat = coupon.seat or seats.get((coupon.booking_id, coupon.passenger.with_adult))
        where = (0, seat.row, seat.letter) if seat else (1, 0, "")
        return *where, coupon.booking.locator, coupon.seat is None, coupon.passenger.position

    return Manifest(flight, sorted(coupons, key=place))


def _row(coupon: Coupon) -> tuple[str, ...]:
    who, ticket = coupon.passenger, getattr(coupon.passenger, "ticket", None)
    return (
        str(coupon.seat or ""),
        who.family_name,
        who.given_name,
        who.get_title_display(),
        who.get_type_display(),
        coupon.booking.get_cabin_display(),
        coupon.booking.locator,
        str(ticket or ""),
        coupon.get_status_display(),
    )


def manifest_csv(manifest: Manifest) -> bytes:
    return (START + csv_of([HEAD, *map(_row, manifest.coupons)])).encode()


def manifest_xlsx(manifest: Manifest) -> bytes:
    paper, sheets = BytesIO(), Sheets(HEAD)
    sheets.add(map(_row, manifest.coupons))
    sheets.save(paper)
    return paper.getvalue()


def manifest_pdf(manifest: Manifest, *, now: datetime) -> bytes:
    """Pages of A4, each with the flight, the time it was written and its number."""
    paper, flight = BytesIO(), manifest.flight
    local = flight.departs_at.astimezone(clock.zone(flight.origin.zone))
    title = f"{flight.number}  {flight.origin.iata} – {flight.destination.iata}  {day_of(local)} {local:%H:%M}"

    def foot(canvas: Canvas, _document: object) -> None:
        canvas.setFont("Mukta", 8)
        canvas.drawString(MARGIN, MARGIN / 2, printable(f"{settings.AIRLINE_NAME}  {title}"))
        canvas.drawRightString(A4[0] - MARGIN, MARGIN / 2, str(canvas.getPageNumber()))

    document = SimpleDocTemplate(
        paper, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN, title=title,
        author=settings.AIRLINE_NAME, invariant=True,
    )  # fmt: skip
    document.build(_story(manifest, title, now), onFirstPage=foot, onLaterPages=foot)
    return paper.getvalue()


def _story(manifest: Manifest, title: str, now: datetime) -> list[Flowable]:
    """What stands on the pages between their margins."""
    counts = _("%(seats)d travellers, %(infants)d infants. Airplane %(airplane)s.") % {
        "seats": manifest.seats,
        "infants": manifest.infants,
        "airplane": manifest.flight.airplane.registration,
    }
    written = _("Written %(at)s UTC. For the airline's staff only.") % {"at": f"{now:%Y-%m-%d %H:%M}"}
    head = [_("Seat"), _("Family name"), _("Given name"), _("Title"), _("Type"), _("Cabin"), _("Booking"), _("Ticket"),
            _("Status")]  # fmt: skip
    rows = [_cells(head), *(_cells(_row(coupon)) for coupon in manifest.coupons)]
    widths = [WIDTH * share / sum(SHARES) for share in SHARES]
    return [
        Paragraph(escape(printable(title)), TITLE),
        Paragraph(escape(printable(counts)), TEXT),
        Paragraph(escape(written), SMALL),
        Spacer(0, 8),
        Table(rows, colWidths=widths, style=RULES, repeatRows=1),
    ]


def _cells(texts: Sequence[str]) -> list[Paragraph]:
    return [Paragraph(escape(printable(text)), SMALL) for text in texts]
