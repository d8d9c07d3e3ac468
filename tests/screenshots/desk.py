"""What staff see: the lists, the first row of each, and what is done for whoever calls."""

from tests.screenshots.camera import Camera
from tests.screenshots.traveller import log_in

LISTS = (
    "airlines/flight",
    "airlines/schedule",
    "airlines/flightfare",
    "airlines/farechange",
    "airlines/pricingrule",
    "bookings/booking",
    "bookings/coupon",
    "bookings/payment",
    "bookings/refund",
    "bookings/ticket",
    "bookings/report",
    "bookings/reconciliation",
    "notifications/message",
    "notifications/webhookendpoint",
    "gateway/user",
)
PAGES = {
    "airlines/flight/revenue": "revenue",
    "airlines/schedule/conflicts": "conflicts",
    "airlines/schedule/add": "schedule-new",
    "airlines/schedule/import": "schedule-import",
    "airlines/schedule/export": "schedule-export",
    "airlines/farechange/add": "farechange-new",
    "bookings/report/add": "report-new",
}
"""Beside the lists, and what the first row of each leads to."""
ACTS = ("rename", "cancel", "divide", "resend")


def work(camera: Camera) -> None:
    page = camera.page
    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/admin/")
    log_in(page, "staff@demo.test")
    camera.take("desk")
    camera.open("/styleguide/", "components", in_hindi=False)
    for path in LISTS:
        camera.open(f"/admin/{path}/", f"desk-{path.split('/')[1]}s", in_hindi=False)
        row = _first_row(camera, path)
        if row:
            camera.open(row, f"desk-{path.split('/')[1]}", in_hindi=False)
    for path, name in PAGES.items():
        camera.open(f"/admin/{path}/", f"desk-{name}", in_hindi=False)
    _act(camera)
    _waive(camera)


def _first_row(camera: Camera, path: str) -> str | None:
    row = camera.page.locator(f"a[href*='/admin/{path}/'][href*='/change/']").first
    return row.get_attribute("href") if row.count() else None


def _waive(camera: Camera) -> None:
    """What was kept of the trip that the traveller cancelled late is given back."""
    page = camera.page
    locator = camera.penalised.rstrip("/").rpartition("/")[2]
    page.goto(f"/admin/bookings/booking/?q={locator}")  # a single hit opens
    page.goto(f"{page.url.partition('change/')[0]}act/waive/")
    page.get_by_label("Reason").fill("The traveller was in hospital")
    page.get_by_role("button", name="Show what will happen").click()
    camera.take("desk-waive")
    page.get_by_role("button", name="Give it back").click()
    camera.take("desk-story-waived")


def _act(camera: Camera) -> None:
    """As far as the newest paid booking allows."""
    camera.open("/admin/bookings/booking/hold/", "desk-hold", in_hindi=False)
    camera.page.goto("/admin/bookings/booking/?status__exact=confirmed")
    row = _first_row(camera, "bookings/booking")
    if row:
        story = row.partition("change/")[0]
        camera.open(f"{story}change/", "desk-story", in_hindi=False)
        for act in ACTS:
            camera.open(f"{story}act/{act}/", f"desk-{act}", in_hindi=False)
