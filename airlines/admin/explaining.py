"""A price explained to staff: the steps that led to it in words, and what it was before as a line."""

from datetime import datetime

from django.apps import apps
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from airlines.models import FlightFare
from airlines.services.fares import PricedBy
from airlines.services.pricing_rules import Step, StepKind
from airlines.services.repricing import Explanation
from flights_project.gateway.charts import step_chart
from flights_project.gateway.templatetags.flights import money

CHANGES_DRAWN = 200
WORDS = {
    StepKind.REFERENCE: gettext_lazy("Reference"),
    StepKind.LOAD: gettext_lazy("× %(by)s %%, from %(since)s %% of the seats taken"),
    StepKind.DAYS: gettext_lazy("× %(by)s %%, from %(since)s days to departure"),
    StepKind.ROUNDED: gettext_lazy("Rounded to whole %(by)s"),
    StepKind.FLOOR: gettext_lazy("Not below its floor"),
    StepKind.CEILING: gettext_lazy("Not above its ceiling"),
    StepKind.NOT_ABOVE_DEARER: gettext_lazy("Not above a dearer fare family"),
    StepKind.NOT_BELOW_CHEAPER: gettext_lazy("Not below a cheaper fare family"),
}


def words_of(step: Step) -> str:
    """A line of the explanation: `Rounded to whole 10`."""
    by = None if step.by is None else f"{step.by.normalize():f}"
    return WORDS[step.kind] % {"by": by, "since": step.since}


def why_it_costs(fare: FlightFare, explanation: Explanation) -> str:
    """The steps from the fare's reference to what the rules would have it cost."""
    fixed = fare.priced_by == PricedBy.STAFF
    priced = explanation.priced
    return render_to_string(
        "desk/why_price.html",
        {
            "fixed": fixed,
            "rule": priced.rule,
            "situation": explanation.situation,
            "lines": [(words_of(step), step.amount) for step in priced.steps],
            "pending": not fixed and priced.amount != fare.amount,
        },
    )


def price_chart(fare: FlightFare, now: datetime) -> str | None:
    """What the fare has cost, as a line; None where it never changed. The history below has the numbers."""
    events = apps.get_model("airlines.FlightFareEvent").objects.filter(pgh_obj=fare).order_by("-pgh_id")
    rows = list(events.values_list("pgh_created_at", "previous_amount", "amount")[:CHANGES_DRAWN])[::-1]
    if not rows:
        return None
    changes = [(at.timestamp(), float(amount)) for at, _before, amount in rows]
    first, before = rows[0][:2]
    amounts = [amount for row in rows for amount in row[1:] if amount is not None]
    lead = max((now - first).total_seconds(), 60) / 20
    start = [] if before is None else [(changes[0][0] - lead, float(before))]
    chart = step_chart([*start, *changes, (max(now.timestamp(), changes[-1][0] + 1), changes[-1][1])])
    return render_to_string(
        "desk/step_chart.html",
        {
            "chart": chart,
            "label": _("What the fare has cost; the table of its history has the numbers."),
            "start": f"{first:%-d %b %Y, %H:%M} UTC",
            "end": _("now"),
            "range": f"{money(min(amounts))} – {money(max(amounts))}",
        },
    )
