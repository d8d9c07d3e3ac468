"""How pages write money, times and durations."""

from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from django import template
from django.conf import settings
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from flights_project.gateway.devices import device_in_words
from flights_project.gateway.icons import icons
from flights_project.lib import clock
from flights_project.lib.money import MoneyAmount, written

register = template.Library()

BRIEFLY_FROM = 100_000

register.filter("device", device_in_words)


@register.filter
def money(amount: Decimal | MoneyAmount) -> str:
    """`₹4,500` or `₹4,500.50`; takes money as it goes on the wire too, in the currency that it names."""
    if isinstance(amount, dict):
        return written(Decimal(amount["amount"]), amount["currency"])
    return written(amount, settings.CURRENCY)


@register.filter
def price_tag(amount: Decimal) -> str:
    """`money` of a price that stands among others: paise are small, so that rupees are compared at a glance."""
    whole, point, minor = money(amount).partition(".")
    return format_html('{}<span class="minor">{}{}</span>', whole, point, minor) if minor else whole


@register.filter
def brief_money(amount: Decimal) -> str:
    """For a small cell: whole units, from a hundred thousand on in thousands. `₹4,501`, `₹104k`."""
    whole = amount.to_integral_value(ROUND_CEILING)
    if whole < BRIEFLY_FROM:
        return written(whole, settings.CURRENCY)
    return f"{written((whole / 1000).to_integral_value(ROUND_CEILING), settings.CURRENCY)}k"


@register.filter
def local_time(instant: datetime, zone_name: str) -> str:
    """The time on the clock of an airport: `06:45`."""
    return instant.astimezone(clock.zone(zone_name)).strftime("%H:%M")


@register.filter
def local_day(instant: datetime, zone_name: str) -> str:
    """The date at an airport: `Sat 5 Dec 2026`."""
    return formats.date_format(clock.local_date(instant, zone_name), "D j M Y")


@register.filter
def long_day(day: date) -> str:
    """`Saturday 5 December 2026`."""
    return formats.date_format(day, "l j F Y")


@register.filter
def duration(span: timedelta) -> str:
    """`2 h 15 min`."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    if not minutes:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


@register.filter
def local_iso(instant: datetime, zone_name: str) -> str:
    """For `<time datetime>`: `2026-12-05T06:45:00+05:30`."""
    return instant.astimezone(clock.zone(zone_name)).isoformat(timespec="seconds")


@register.filter
def local_moment(instant: datetime, zone_name: str) -> str:
    """A deadline as people read it: `14:35 IST on Sat 5 Dec 2026`."""
    local = instant.astimezone(clock.zone(zone_name))
    return _("%(time)s on %(day)s") % {
        "time": clock.on_the_wall(instant, zone_name),
        "day": formats.date_format(local.date(), "D j M Y"),
    }


@register.filter
def short_day(day: date) -> str:
    """`Sat 5 Dec`."""
    return formats.date_format(day, "D j M")


@register.simple_tag
def days_later(departs_at: datetime, origin_zone: str, arrives_at: datetime, destination_zone: str) -> int:
    """Calendar days between the two local dates: 1 is shown as `+1`."""
    return clock.day_offset(
        departs_at.astimezone(clock.zone(origin_zone)), arrives_at.astimezone(clock.zone(destination_zone))
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture of `templates/components/icons.svg`, which readers of the screen pass over."""
    return icons()[name]
