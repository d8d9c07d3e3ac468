"""The planner's desk: schedules are typed, looked at, confirmed; what cannot be flown is listed."""

from typing import Any, ClassVar

import pghistory
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RadioFilter
from unfold.decorators import action

from airlines.models import CabinClass, Schedule
from airlines.services.schedule_conflicts import coming_conflicts, grouped
from airlines.services.schedules import pattern_of
from bookings.admin.schedule_files import ScheduleFiles
from bookings.admin.schedule_form import WEEKDAYS, ScheduleForm, fare_slots, schedule_form
from bookings.admin.schedule_steps import lines_of
from bookings.exceptions import ScheduleOvertaken
from bookings.services.schedule_changes import Plan, change_schedule, create_schedule, plan_change, plan_new
from flights_project.gateway.desk import ServiceAdmin, two_lines
from flights_project.gateway.desk_history import history_of
from flights_project.gateway.templatetags.flights import money
from flights_project.lib.errors import DomainError

SEEN, REASON = "_seen", "_reason"
"""Where the page that shows a plan keeps which plan it shows, and asks why."""
LINES_SHOWN = 200
CONFLICT_DAYS = 14


class LookFirst(Exception):
    """Carries a plan out of the form that asked for it; `words` say why it is shown again."""

    def __init__(self, plan: Plan, words: str = "") -> None:
        self.plan, self.words = plan, words


class PeriodFilter(RadioFilter):
    """Schedules that fly or will, unless others are asked for."""

    title = gettext_lazy("period")
    parameter_name = "period"
    all_option: ClassVar = ["", gettext_lazy("Now and later")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("ended", gettext_lazy("Ended")), ("all", gettext_lazy("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        ended = {"ends_on__lt": timezone.now().date()}
        if self.value() == "ended":
            return queryset.filter(**ended)
        return queryset if self.value() == "all" else queryset.exclude(**ended)


@admin.register(Schedule)
class ScheduleAdmin(ScheduleFiles, ServiceAdmin[Schedule]):
    """Nothing is done before its plan was seen. To delete one is to end it."""

    list_display = ["number", "route", "times", "flies_on", "period", "flown_by", "made"]
    list_filter = [
        PeriodFilter,
        ("origin", AutocompleteSelectFilter),
        ("destination", AutocompleteSelectFilter),
        "airplane_type",
    ]
    search_fields = ["^number", "=origin__iata", "=destination__iata", "rotation__airplane__registration"]
    inlines = [history_of(Schedule, "departs", "arrives", "days", "starts_on", "ends_on")]
    actions_list = ["conflicts_page"]
    warn_unsaved_form = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        schedules = super().get_queryset(request).select_related("origin", "destination", "airplane_type")
        return schedules.prefetch_related("rotation__airplane")

    # --- What the list shows

    @admin.display(description=gettext_lazy("route"), ordering="origin__iata")
    def route(self, schedule: Schedule) -> str:
        return f"{schedule.origin.iata} → {schedule.destination.iata}"

    @admin.display(description=gettext_lazy("local times"), ordering="departs")
    def times(self, schedule: Schedule) -> str:
        offset = f" {schedule.day_offset:+d}" if schedule.day_offset else ""
        return f"{schedule.departs:%H:%M} → {schedule.arrives:%H:%M}{offset}"

    @admin.display(description=gettext_lazy("days"), ordering="days")
    def flies_on(self, schedule: Schedule) -> str:
        named = [str(label) for digit, label in WEEKDAYS if digit in schedule.days]
        return _("daily") if len(named) == len(WEEKDAYS) else ", ".join(named)

    @admin.display(description=gettext_lazy("period"), ordering="starts_on")
    def period(self, schedule: Schedule) -> str:
        ends = f"{schedule.ends_on:%-d %b %Y}" if schedule.ends_on else _("until further notice")
        return two_lines(f"{schedule.starts_on:%-d %b %Y}", ends)

    @admin.display(description=gettext_lazy("flown by"), ordering="airplane_type__code")
    def flown_by(self, schedule: Schedule) -> str:
        tails = " + ".join(row.airplane.registration for row in schedule.rotation.all())
        return two_lines(tails or _("any that is free"), schedule.airplane_type.name)

    @admin.display(description=gettext_lazy("flights until"), ordering="made_until")
    def made(self, schedule: Schedule) -> str | None:
        return f"{schedule.made_until:%-d %b %Y}" if schedule.made_until else None

    # --- Its page

    @admin.display(description=gettext_lazy("flights"))
    def flights(self, schedule: Schedule) -> str:
        url = reverse("admin:airlines_flight_changelist") + f"?schedule__id__exact={schedule.pk}"
        count = schedule.flights.filter(departs_at__gte=timezone.now()).count()
        return format_html('<a href="{}" class="text-link">{}</a>', url, _("%(count)d to come") % {"count": count})

    @admin.display(description=gettext_lazy("conflicts"))
    def conflicts(self, schedule: Schedule) -> str:
        found = coming_conflicts(now=timezone.now(), days=CONFLICT_DAYS, schedule=schedule)
        context = {"conflicts": grouped(found), "days": CONFLICT_DAYS}
        return mark_safe(render_to_string("desk/conflicts.html", context))

    @admin.display(description=gettext_lazy("airplanes"))
    def airplanes(self, schedule: Schedule) -> str:
        """For who only reads."""
        return " + ".join(row.airplane.registration for row in schedule.rotation.all()) or _("any that is free")

    @admin.display(description=gettext_lazy("fares"))
    def fares(self, schedule: Schedule) -> str:
        """Likewise."""
        rows = schedule.fares.select_related("family")
        return format_html_join("", "<div>{}: {}</div>", ((row, money(row.reference_amount)) for row in rows))

    def get_inlines(self, request: HttpRequest, obj: Schedule | None) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        return ["number", "origin", "destination", "flights", "conflicts", "fares"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        return [
            (None, {"fields": ["number", ("origin", "origin_terminal"), ("destination", "destination_terminal"),
                               *(["flights", "conflicts"] if obj else [])]}),
            (_("When"), {"fields": [("departs", "arrives", "day_offset"), "days", ("starts_on", "ends_on")]}),
            (_("Flown by"), {"fields": [("airplane_type", "airplanes")]}),
            *self._fare_fieldsets(reads=bool(obj) and not self.has_change_permission(request, obj)),
        ]  # fmt: skip

    def _fare_fieldsets(self, *, reads: bool) -> list[tuple[str, dict[str, Any]]]:
        limits = (_("How fares move"), {"fields": ["weekday_percents", ("floor_percent", "ceiling_percent")]})
        if reads:
            return [(_("Fares"), {"fields": ["fares"]}), limits]
        rows: dict[str, list[str]] = {}
        for name, (cabin, _family) in fare_slots().items():
            rows.setdefault(cabin, []).append(name)
        words = _("What the fares of new flights start from, for one adult, without taxes. Empty: not sold.")
        references = [
            (_("Fares in %(cabin)s") % {"cabin": CabinClass(cabin).label},
             {"fields": [tuple(names)], "description": words})
            for cabin, names in rows.items()
        ]  # fmt: skip
        return [*references, limits]

    def get_form(self, request: HttpRequest, obj: Schedule | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 -- Django's signature
        kwargs["form"] = schedule_form(fare_slots(), is_new=obj is None)
        return super().get_form(request, obj, change, **kwargs)

    # --- Seen first, then done

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except LookFirst as look:
            return self._show(request, look.plan, look.words)

    def save_model(self, request: HttpRequest, obj: Schedule, form: ScheduleForm, change: Any) -> None:
        now, seen = timezone.now(), request.POST.get(SEEN)
        schedule = Schedule.objects.with_pattern().get(pk=obj.pk) if change else None
        pattern = form.pattern(pattern_of(schedule) if schedule else None)
        try:
            if not seen:
                raise LookFirst(plan_change(schedule, pattern, now=now) if schedule else plan_new(pattern, now=now))
            with _for_a_reason(request):
                if schedule:
                    change_schedule(schedule=schedule, becomes=pattern, seen=seen, now=now)
                else:
                    obj.pk = create_schedule(pattern=pattern, seen=seen, now=now).pk
        except ScheduleOvertaken as overtaken:
            plan = plan_change(schedule, pattern, now=now) if schedule else plan_new(pattern, now=now)
            raise LookFirst(plan, str(overtaken)) from overtaken
        obj.refresh_from_db()

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What ending it would do; confirmed, it is done."""
        schedule = get_object_or_404(Schedule.objects.with_pattern(), pk=object_id)
        if not self.has_delete_permission(request, schedule):
            raise PermissionDenied
        words = ""
        if request.method == "POST":
            seen = request.POST.get(SEEN, "")
            try:
                with _for_a_reason(request):
                    change_schedule(schedule=schedule, becomes=None, seen=seen, now=timezone.now())
            except DomainError as refusal:
                words = str(refusal)
            else:
                messages.success(request, _("%(schedule)s has ended.") % {"schedule": schedule})
                return redirect("admin:airlines_schedule_changelist")
        return self._show(request, plan_change(schedule, None, now=timezone.now()), words)

    def get_actions(self, request: HttpRequest) -> Any:
        """Each is ended by itself, and seen first."""
        return {name: what for name, what in super().get_actions(request).items() if name != "delete_selected"}

    def _show(self, request: HttpRequest, plan: Plan, words: str) -> HttpResponse:
        """The plan, with what was typed, ready to be confirmed."""
        lines = lines_of(plan)
        title = _("End the schedule now") if plan.becomes is None else _("What would happen")
        context = self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "plan": plan,
            "counts": [(action.label, count) for action, count in plan.counts.items()],
            "lines": lines[:LINES_SHOWN],
            "more": len(lines[LINES_SHOWN:]),
            "conflicts": grouped(plan.conflicts),
            "typed": _typed(request.POST),
            "seen": SEEN,
            "reason": REASON,
            "words": words,
        }
        return TemplateResponse(request, "desk/schedule_plan.html", context)

    # --- What cannot be flown

    @action(description=gettext_lazy("Conflicts of the coming days"), url_path="conflicts")  # type: ignore[untyped-decorator]
    def conflicts_page(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = coming_conflicts(now=timezone.now(), days=CONFLICT_DAYS)
        context = self.admin_site.each_context(request) | {
            "title": _("Conflicts of the coming days"),
            "opts": self.opts,
            "conflicts": grouped(found),
            "days": CONFLICT_DAYS,
        }
        return TemplateResponse(request, "desk/schedule_conflicts.html", context)


def _for_a_reason(request: HttpRequest) -> Any:
    """What is changed within keeps why, where somebody said so."""
    reason = request.POST.get(REASON, "").strip()
    return pghistory.context(**({"reason": reason} if reason else {}))


def _typed(sent: QueryDict) -> list[tuple[str, str]]:
    """What the form sent, to be sent again; the token and the plan are the next page's own."""
    own = {"csrfmiddlewaretoken", SEEN, REASON}
    return [(name, str(value)) for name, values in sent.lists() for value in values if name not in own]
