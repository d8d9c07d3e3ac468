import uuid

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from flights_project.gateway.models import User

DAYS_IN_ORDER = _("It ends before it begins.")


class Report(models.Model):
    """A list that somebody of the staff asked for. A worker writes it, in parts; its file is there until it expires."""

    class Kind(models.TextChoices):
        BOOKINGS = "bookings", _("bookings, by the day they were made")
        REVENUE = "revenue", _("revenue by route, by the day of departure")
        NO_SHOWS = "no_shows", _("no-shows, by the day of departure")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        WRITING = "writing", _("being written")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    class Ending(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("list"), max_length=10, choices=Kind.choices)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    ending = models.CharField(
        _("file"), max_length=4, choices=Ending.choices, default=Ending.CSV, db_default=Ending.CSV
    )
    reason = models.CharField(_("reason"), max_length=200, help_text=_("What it is for. It stays with the list."))
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked"))
    status = models.CharField(_("status"), max_length=7, choices=Status.choices, default=Status.WAITING, editable=False)
    rows_expected = models.PositiveIntegerField(_("rows expected"), default=0, editable=False)
    rows_written = models.PositiveIntegerField(_("rows written"), default=0, editable=False)
    worked_at = models.DateTimeField(_("last sign of its worker"), null=True, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, editable=False)

    class Meta:
        verbose_name = _("list to take away")
        verbose_name_plural = _("lists to take away")
        ordering = ["-asked_at"]
        permissions = [
            ("manifest_report", _("Can take away who flies on a flight")),
            ("bookings_report", _("Can take away bookings")),
            ("revenue_report", _("Can see and take away what flights earn")),
            ("no_shows_report", _("Can take away no-shows")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["bookings", "revenue", "no_shows"]), name="report_kind_known"),
            models.CheckConstraint(condition=Q(ending__in=["csv", "xlsx"]), name="report_ending_known"),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "writing", "ready", "failed"]), name="report_status_known"
            ),
            models.CheckConstraint(
                condition=Q(first_day__lte=F("last_day")),
                name="report_days_in_order",
                violation_error_message=DAYS_IN_ORDER,
            ),
            models.CheckConstraint(
                condition=~Q(status="ready") | Q(expires_at__isnull=False), name="report_ready_expires"
            ),
        ]
        indexes = [
            models.Index(fields=["asked_by", "-asked_at"], name="report_of_staff"),
            models.Index(fields=["asked_at"], name="report_to_write", condition=Q(status__in=["waiting", "writing"])),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.first_day:%-d %b %Y} – {self.last_day:%-d %b %Y}"

    def clean(self) -> None:
        """What the constraint says too, of the field that is to be put right; raises ValidationError."""
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValidationError({"last_day": DAYS_IN_ORDER})

    @property
    def right(self) -> str:
        """The permission that it takes to ask for it, and to have it."""
        return right_to(self.kind)

    @property
    def percent(self) -> int:
        """How much of it is written."""
        if self.status == self.Status.READY:
            return 100
        return min(99, 100 * self.rows_written // self.rows_expected) if self.rows_expected else 0


def right_to(kind: str) -> str:
    return f"bookings.{kind}_report"


class ReportPart(models.Model):
    """A piece of a report's file, compressed."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="parts", verbose_name=_("list"))
    number = models.PositiveIntegerField(_("number"))
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("part of a list")
        verbose_name_plural = _("parts of lists")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["report", "number"], name="report_part_once")]

    def __str__(self) -> str:
        return f"{self.report_id} {self.number}"
