"""Schedules as CSV and XLSX, out and in. A file is read and shown first; confirmed, all of it is done, or nothing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from import_export.admin import ImportExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ConfirmImportForm
from import_export.resources import ModelResource
from import_export.results import Result, RowResult
from import_export.tmp_storages import CacheStorage
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from airlines.models import Schedule
from airlines.services.schedule_conflicts import ConflictGroup, grouped
from airlines.services.schedule_rows import COLUMNS, SheetReader, row_of
from airlines.services.schedules import Pattern, pattern_of
from bookings.services.schedule_imports import Changed, ImportPlan, import_schedules, plan_import

ROWS_SHOWN = 200


class ScheduleResource(ModelResource):
    """A row is a schedule, known by number, airport of departure and first day."""

    class Meta:
        model = Schedule
        fields = COLUMNS
        export_order = COLUMNS
        import_id_fields = ("number", "origin", "starts_on")
        use_transactions = True
        use_bulk = True  # a row is only read, so none has a savepoint of its own
        batch_size = None
        report_skipped = False

    airplanes = Field(column_name="airplanes")
    fares = Field(column_name="fares")

    def __init__(self, *, seen: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seen = seen
        self.now = timezone.now()
        self.new: list[Pattern] = []
        self.changed: Changed = []
        self.plan: ImportPlan | None = None

    @property
    def rows_left(self) -> int:
        """How many rows that change something are beyond those that are shown."""
        return max(0, len(self.new) + len(self.changed) - ROWS_SHOWN)

    @property
    def conflicts(self) -> list[ConflictGroup]:
        """Of what was planned, the first of them."""
        return self._groups[:ROWS_SHOWN]

    @property
    def conflicts_left(self) -> int:
        return len(self._groups[ROWS_SHOWN:])

    @cached_property
    def _groups(self) -> list[ConflictGroup]:
        return grouped(self.plan.conflicts) if self.plan else []

    # --- Out

    def get_queryset(self) -> Any:
        return Schedule.objects.with_pattern()

    def export_resource(self, instance: Schedule, selected_fields: Any = None, **kwargs: Any) -> list[str]:
        row = row_of(pattern_of(instance))
        return [row[self.get_field_name(field)] for field in self.get_export_fields(selected_fields)]

    def iter_queryset(self, queryset: Any) -> Any:
        """With what each pattern says, in a number of queries that does not grow."""
        return queryset.with_pattern()

    # --- In

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        missing = [column for column in COLUMNS if column not in (dataset.headers or [])]
        strange = [header for header in dataset.headers or [] if header not in COLUMNS]
        if missing or strange:
            words = _("These columns are expected: %(columns)s. Missing: %(missing)s. Unknown: %(strange)s.")
            named = {"columns": COLUMNS, "missing": missing, "strange": strange}
            raise ValidationError(words % {name: ", ".join(map(str, each)) or "–" for name, each in named.items()})
        self.reader = SheetReader()
        self.reader.expect(dataset.dict)

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> RowResult:
        """Reads the row; what all of them mean together is done at the end."""
        result = RowResult()
        if not hasattr(self, "reader"):  # the columns are wrong, which has been said
            result.import_type = RowResult.IMPORT_TYPE_SKIP
            return result
        try:
            pattern = self.reader.pattern(row)
            schedule = self.reader.schedule_of(pattern)
            was = pattern_of(schedule) if schedule else None
            if schedule and was != pattern:
                self._refuse_another_route(was, pattern)
                self.changed.append((schedule, pattern))
        except ValidationError as error:
            result.import_type, result.validation_error = RowResult.IMPORT_TYPE_INVALID, error
            return result
        if not schedule:
            self.new.append(pattern)
        result.import_type = _what_it_does(was, pattern)
        result.diff = [] if self.rows_left else _shown(was, pattern)
        return result

    @staticmethod
    def _refuse_another_route(was: Pattern | None, pattern: Pattern) -> None:
        if was and was.destination != pattern.destination:
            words = _("This stays as it is: end the schedule and make another.")
            raise ValidationError({"destination": [words]})

    def after_import(self, dataset: Any, result: Result, **kwargs: Any) -> None:
        result.rows = result.rows[:ROWS_SHOWN]
        if result.has_errors() or result.has_validation_errors():
            return
        if kwargs.get("dry_run"):
            self.plan = plan_import(new=self.new, changed=self.changed, now=self.now)
        else:
            self.plan = import_schedules(new=self.new, changed=self.changed, seen=self.seen, now=self.now)


def _what_it_does(was: Pattern | None, pattern: Pattern) -> str:
    if was is None:
        return str(RowResult.IMPORT_TYPE_NEW)
    return str(RowResult.IMPORT_TYPE_SKIP if was == pattern else RowResult.IMPORT_TYPE_UPDATE)


def _shown(was: Pattern | None, pattern: Pattern) -> list[str]:
    """Each column, what it was beside what it becomes where that is another."""
    before, after = row_of(was or pattern), row_of(pattern)
    return [
        after[column]
        if before[column] == after[column]
        else format_html("<del>{}</del> <ins>{}</ins>", before[column], after[column])
        for column in COLUMNS
    ]


class ConfirmForm(ConfirmImportForm):
    """With the plan that was shown."""

    seen = forms.CharField(widget=forms.HiddenInput())


class ScheduleFiles(ImportExportMixin):
    """The pages to export and import, for those who may view and plan."""

    resource_classes = [ScheduleResource]
    import_form_class = ImportForm
    export_form_class = ExportForm
    confirm_form_class = ConfirmForm
    tmp_storage_class = CacheStorage
    skip_admin_log = True  # the history of each schedule says who, and through which door
    show_change_form_export = False

    def get_import_formats(self) -> list[Any]:
        return [CSV, XLSX]

    get_export_formats = get_import_formats

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perms(["airlines.add_schedule", "airlines.change_schedule"]))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("airlines.view_schedule"))

    def choose_import_resource_class(self, form: Any, request: HttpRequest) -> Any:
        """Made here, and kept with the request: what it has planned is shown and confirmed."""

        def make(**kwargs: Any) -> ScheduleResource:
            seen = form.cleaned_data.get("seen", "")
            request.schedules = ScheduleResource(seen=seen, **kwargs)  # type: ignore[attr-defined]  # for this request
            return request.schedules  # type: ignore[attr-defined, no-any-return]

        return make

    def create_confirm_form(self, request: HttpRequest, import_form: Any = None) -> Any:
        plan: ImportPlan | None = getattr(getattr(request, "schedules", None), "plan", None)
        if plan:
            messages.info(request, _words(plan))
        return super().create_confirm_form(request, import_form)

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        plan: ImportPlan | None = getattr(getattr(request, "schedules", None), "plan", None)
        initial: dict[str, Any] = super().get_confirm_form_initial(request, import_form)
        return initial | {"seen": plan.fingerprint if plan else ""}

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Where something is wrong with the file by now, nothing was done, and that is said."""
        if not (result.has_errors() or result.has_validation_errors()):
            done: HttpResponse = super().process_result(result, request)
            return done
        for error in result.base_errors:
            messages.error(request, str(error.error))
        for row in result.invalid_rows:
            messages.error(request, _("Row %(number)d: %(why)s") % {"number": row.number, "why": row.error})
        return redirect("admin:airlines_schedule_import")


def _words(plan: ImportPlan) -> str:
    counts = "; ".join(f"{action.label}: {count}" for action, count in sorted(plan.counts.items()))
    flights = _("Flights: %(counts)s.") % {"counts": counts or _("none changes")}
    return flights + " " + _("Bookings that are told: %(count)d.") % {"count": plan.bookings_told}
