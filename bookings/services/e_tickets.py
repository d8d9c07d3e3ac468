"""The e-ticket receipt as a PDF: one page of A4, whatever the booking holds.

It says what a ticket has to say (IATA Resolution 722f): who, ticket numbers, flights by their local times, fare, each
tax, what was paid, and the conditions.
"""

import re
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape

import fontpkg
from anyascii import anyascii
from django.conf import settings
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepInFrame, Paragraph, Spacer, Table, TableStyle

from airlines.models import FareFamily
from bookings.models import Booking, Coupon, Passenger
from bookings.services.journeys import price_of
from bookings.services.telling import day_of
from flights_project.lib import clock
from flights_project.lib.money import written

REGULAR, BOLD = TTFont("Mukta", fontpkg.path("mukta")), TTFont("MuktaBold", fontpkg.path("mukta", weight=700))
"""Letters of all languages that we write in."""
DEVANAGARI = re.compile("[\u0900-\u097f]")
"""Letters that join others, which HarfBuzz does."""
for font in (REGULAR, BOLD):
    pdfmetrics.registerFont(font)
pdfmetrics.registerFontFamily("Mukta", normal="Mukta", bold="MuktaBold", italic="Mukta", boldItalic="MuktaBold")

NO_BREAK = "\xa0"
MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, QUIET, LINE, BRAND = HexColor("#14202e"), HexColor("#4a5a6c"), HexColor("#b4c0cd"), HexColor("#1b2c47")
TEXT = ParagraphStyle("text", fontName="Mukta", fontSize=9, leading=12.5, textColor=INK)
SMALL = ParagraphStyle("small", TEXT, fontSize=8, leading=11, textColor=QUIET)
AMOUNT = ParagraphStyle("amount", TEXT, alignment=TA_RIGHT)
HEADING = ParagraphStyle("heading", TEXT, fontName="MuktaBold", fontSize=10.5, leading=14, spaceBefore=9, spaceAfter=3)
TITLE = ParagraphStyle("title", TEXT, fontName="MuktaBold", fontSize=17, leading=22, textColor=BRAND)
LOCATOR = ParagraphStyle("locator", TITLE, alignment=TA_RIGHT, textColor=INK)
EDGES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-2, -1), 6),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)
RULES = TableStyle([("LINEABOVE", (0, 0), (-1, -1), 0.4, LINE)], parent=EDGES)


def e_ticket(booking: Booking) -> bytes:
    """The PDF of a confirmed booking, which comes from `with_journey()`, in the language of now."""
    paper = BytesIO()
    canvas = Canvas(paper, pagesize=A4, invariant=True, lang=get_language())
    canvas.setTitle(_("E-ticket %(locator)s") % {"locator": booking.locator})
    canvas.setAuthor(settings.AIRLINE_NAME)
    content = [*_head(booking), *_travellers(booking), *_flights(booking), *_price(booking), *_conditions(booking)]
    height = A4[1] - 2 * MARGIN
    page = KeepInFrame(WIDTH, height, content, mode="shrink")  # a long journey gets smaller letters, not a second page
    _width, used = page.wrapOn(canvas, WIDTH, height)
    page.drawOn(canvas, MARGIN, A4[1] - MARGIN - used)
    canvas.save()
    return paper.getvalue()


def _head(booking: Booking) -> list[Flowable]:
    confirmed = day_of(booking.confirmed_at) if booking.confirmed_at else ""
    left = [_p(settings.AIRLINE_NAME, TITLE), _p(_("E-ticket receipt"), TEXT)]
    right = [_p(booking.locator, LOCATOR), _p(_("Booked on %(day)s") % {"day": confirmed}, AMOUNT)]
    return [Table([[left, right]], colWidths=_shares(3, 2), style=EDGES), Spacer(0, 4)]


def _travellers(booking: Booking) -> list[Flowable]:
    numbers = {segment.pk: segment.flight.number for segment in booking.segments.all()}
    rows = [[_p(_("Traveller"), SMALL), _p(_("Ticket"), SMALL), _p(_("Seats"), SMALL)]]
    for passenger in booking.passengers.all():
        name = f"{passenger.get_title_display()} {passenger}".strip()
        if passenger.type != Passenger.Type.ADULT:
            name += f", {passenger.get_type_display()}"
        seats = [
            f"{numbers[coupon.segment_id]} {coupon.seat}"
            for coupon in booking.coupons_in_order
            if coupon.passenger_id == passenger.pk and coupon.seat and coupon.is_live
        ]
        rows.append([_p(name, bold=True), _p(str(passenger.ticket)), _p(", ".join(seats) or "–")])
    return [_p(_("Travellers"), HEADING), Table(rows, colWidths=_shares(5, 3, 4), style=RULES)]


def _flights(booking: Booking) -> list[Flowable]:
    rows = [[_p(text, SMALL) for text in (_("Flight"), _("From"), _("To"), _("State"))]]
    for segment in booking.segments.all():
        flight = segment.flight
        flown = [coupon for coupon in booking.coupons.all() if coupon.segment_id == segment.pk]
        rows.append(
            [
                [_p(flight.number, bold=True), _p(f"{booking.get_cabin_display()}, {segment.family.name}", SMALL)],
                _end(flight.origin, flight.departs_at, flight.origin_terminal),
                _end(flight.destination, flight.arrives_at, flight.destination_terminal),
                _p(_state(flight.get_status_display(), flown)),
            ]
        )
    note = _p(_("All times are local to each airport."), SMALL)
    return [_p(_("Flights"), HEADING), Table(rows, colWidths=_shares(3, 4, 4, 2), style=RULES), note]


def _end(airport, instant, terminal: str) -> list[Paragraph]:  # type: ignore[no-untyped-def]
    local = instant.astimezone(clock.zone(airport.zone))
    place = f"{airport.city.name} ({airport.iata})"
    at = _("Terminal %(terminal)s") % {"terminal": terminal}
    where = airport.name + (f", {at.replace(' ', NO_BREAK)}" if terminal else "")
    return [_p(f"{local:%H:%M}, {day_of(local)}", bold=True), _p(place), _p(where, SMALL)]


def _state(flight: str, coupons: Sequence[Coupon]) -> str:
    live = [coupon for coupon in coupons if coupon.is_live]
    return flight if live else str(Coupon.Status.CANCELLED.label)


def _price(booking: Booking) -> list[Flowable]:
    price = price_of(booking)
    rows = [[_p(_("Fare")), _amount(booking, price.base)]]
    rows += [[_p(f"{tax.code}  {_(tax.name)}"), _amount(booking, tax.amount)] for tax in price.taxes]
    rows.append([_p(_("Paid, with all taxes"), bold=True), _amount(booking, booking.total, bold=True)])
    return [_p(_("Price"), HEADING), Table(rows, colWidths=_shares(4, 1), style=RULES)]


def _conditions(booking: Booking) -> list[Flowable]:
    lines = [_p(f"•  {line}", SMALL) for line in conditions_of(booking.family, booking.currency)]
    return [_p(_("Conditions of the fare"), HEADING), *lines]


def conditions_of(family: FareFamily, currency: str) -> list[str]:
    """What a fare allows, in sentences."""
    if family.change_fee is None:
        change = _("Cannot be changed.")
    elif family.change_fee:
        change = _("Changes cost %(fee)s and the difference of the fares.") % {
            "fee": written(family.change_fee, currency)
        }
    else:
        change = _("Changes cost only the difference of the fares.")
    bags = _("Cabin bag of %(kg)d kg.") % {"kg": family.cabin_bag_kg}
    if family.checked_bag_kg:
        bags += " " + _("Checked bag of %(kg)d kg.") % {"kg": family.checked_bag_kg}
    else:
        bags += " " + _("No checked bag.")
    return [
        bags,
        change,
        _("Cancelled by you, %(percent)d %% of the fare comes back, and all taxes of flights not flown.")
        % {"percent": family.refund_percent},
        _("Cancelled within 24 hours of booking, a week or more ahead, or by us, everything comes back."),
        ngettext(
            "Check-in closes %(count)d minute before departure.",
            "Check-in closes %(count)d minutes before departure.",
            minutes := int(settings.CHECK_IN_CLOSES_BEFORE_DEPARTURE.total_seconds() // 60),
        )
        % {"count": minutes},
    ]


def _amount(booking: Booking, amount, *, bold: bool = False) -> Paragraph:  # type: ignore[no-untyped-def]
    return _p(written(amount, booking.currency), AMOUNT, bold=bold)


def _shares(*parts: int) -> list[float]:
    return [WIDTH * part / sum(parts) for part in parts]


def _p(text: str, style: ParagraphStyle = TEXT, *, bold: bool = False) -> Paragraph:
    written = escape(printable(text))
    style = _shaped(style) if DEVANAGARI.search(written) else style
    return Paragraph(f"<b>{written}</b>" if bold else written, style)


@cache
def _shaped(style: ParagraphStyle) -> ParagraphStyle:
    """With letters joined; in Latin text it would only make ligatures."""
    return ParagraphStyle(style.name, style, shaping=1)


def printable(text: str) -> str:
    """`text` in letters that the font has; others as the Latin ones that stand for them, as in a passport."""
    return "".join(sign if ord(sign) in REGULAR.face.charToGlyph else anyascii(sign) for sign in text)
