from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Reconciliation
from flights_project.gateway.desk import LongTableAdmin, badge, instant


@admin.register(Reconciliation)
class ReconciliationAdmin(LongTableAdmin[Reconciliation]):
    """Do the counters equal the coupons, and does the money add up? Asked every night, and by `manage.py reconcile`."""

    list_display = ["ran", "outcome"]
    fields = ["ran", "outcome", "found"]
    ran = instant("ran_at", gettext_lazy("ran"))

    @admin.display(description=gettext_lazy("differences"), ordering="count")
    def outcome(self, run: Reconciliation) -> str:
        return badge(str(run.count), "danger") if run.count else badge(_("all add up"), "success")

    @admin.display(description=gettext_lazy("the first of them"))
    def found(self, run: Reconciliation) -> str:
        return format_html_join("", "<div>{}</div>", ([difference] for difference in run.differences))
