"""The staff desk: the Django admin behind the same log-in as everybody's, and a second factor.

After the desk itself comes what its pages share. A page is a plain form (`DeskAdmin`), is only read
(`ReadOnlyAdmin`), or saves through a service that may refuse (`ServiceAdmin`).
"""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import pghistory
from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flights_project.gateway.desk_paginators import LongTable
from flights_project.lib.errors import DomainError, InvalidRequest

M = TypeVar("M", bound=Model)
Parent = TypeVar("Parent", bound=Model)
Refusal = ValidationError | DomainError
EMPTY = "–"
"""In a place where there is nothing to show."""
RANGE = ("from", "to")
"""How filters name the ends of a range, after the field."""

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as UnfoldAdminSite
    from django.contrib.admin.helpers import ActionForm
    from django.contrib.admin.views.main import ChangeList

    _ModelAdmin = admin.ModelAdmin
    _Inline = admin.TabularInline
    DeskForm = forms.ModelForm
else:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.forms import ActionForm
    from unfold.sites import UnfoldAdminSite
    from unfold.views import ChangeList

    class _ModelAdmin(ModelAdmin, Generic[M]):
        """Unfold's, with the parameter that Django's has for the type checker."""

    class _Inline(TabularInline, Generic[M, Parent]):
        """Likewise."""

    class DeskForm(forms.ModelForm, Generic[M]):
        """Likewise."""


def used_second_factor(request: HttpRequest) -> bool:
    """Whether a TOTP or recovery code was given in this session, when it was opened or since."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


class StaffDesk(UnfoldAdminSite):
    """Unfold's admin. Its Alpine.js evaluates expressions and its widgets carry styles, so these pages, and no
    others, allow `unsafe-eval` and inline styles."""

    CSP: ClassVar = {"script-src": [SELF, NONCE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
    empty_value_display = EMPTY
    index_title = gettext_lazy("Staff desk")

    def has_permission(self, request: HttpRequest) -> bool:
        if not super().has_permission(request):
            return False
        return used_second_factor(request) or not settings.STAFF_SECOND_FACTOR

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """To the common log-in page; staff who logged in by a password alone are led to their second factor."""
        if super().has_permission(request) and not self.has_permission(request):
            return self._lead_to_second_factor(request)
        return secure_admin_login(super().login)(request, extra_context)

    def _lead_to_second_factor(self, request: HttpRequest) -> HttpResponse:
        """To give the code; whoever has none yet, to set it up."""
        if not is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            messages.info(request, _("The staff desk asks for a second factor. Set up your authenticator app first."))
            return redirect("mfa_index")
        wanted = request.GET.get("next") or reverse("admin:index")
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': wanted})}")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The first page, in the groups of the navigation."""
        if app_label:
            return super().get_app_list(request, app_label)
        models = {model["model"]: model for app in super().get_app_list(request) for model in app["models"]}
        groups = []
        for title, icons in settings.DESK_PAGES:
            shown = [models[model] for model in map(apps.get_model, icons) if model in models]
            groups.append({"name": title, "app_label": "", "app_url": "", "models": shown})
        return [group for group in groups if group["models"]]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT002 -- Django's signature
        return super().admin_view(csp_replace(self.CSP)(view), cacheable)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The side bar: `DESK_LINKS` and `DESK_PAGES` as far as somebody may see them."""
    first = [
        {"title": title, "icon": icon, "link": reverse(page)}
        for title, icon, page, right in settings.DESK_LINKS
        if not right or request.user.has_perm(right)
    ]
    groups: list[dict[str, Any]] = [{"title": "", "separator": False, "items": first}]
    for title, icons in settings.DESK_PAGES:
        links = [_link(page, icon) for model, icon in icons.items() if (page := _page_for(model, request))]
        if links:
            groups.append({"title": title, "separator": True, "items": links})
    return groups


def _page_for(model: str, request: HttpRequest) -> "_ModelAdmin[Any] | None":
    page = admin.site.get_model_admin(apps.get_model(model))
    return page if page.has_view_permission(request) else None


def _link(page: "_ModelAdmin[Any]", icon: str) -> dict[str, Any]:
    link = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    return {"title": capfirst(page.opts.verbose_name_plural), "icon": icon, "link": link}


def environment(request: HttpRequest) -> list[str] | None:
    """What warns staff that they are not selling real seats."""
    return [_("Demo"), "warning"] if settings.DEMO else None


def stylesheet(request: HttpRequest) -> str:
    return static("css/desk.css")


def script(request: HttpRequest) -> str:
    return static("js/desk.js")


def favicon(request: HttpRequest) -> str:
    return static("img/favicon.svg")


def instant(field: str, description: str | Promise) -> Callable[[Any, Any], str]:
    """A column with the UTC date and time in `field`, sorted by it."""

    @admin.display(description=format_lazy("{} (UTC)", description), ordering=field)
    def column(_page: Any, row: Any) -> str:
        moment: datetime | None = getattr(row, field)
        if moment is None:
            return EMPTY
        return format_html('<span class="desk-moment">{}</span>', f"{moment.astimezone(UTC):%-d %b %Y, %H:%M}")

    return column


class ReasonForm(ActionForm):
    """Beside the choice of an action, why it is done."""

    reason = forms.CharField(
        label="",
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={
                "placeholder": gettext_lazy("Reason"),
                "aria-label": gettext_lazy("Reason"),
                "class": "bg-white px-3 py-1 rounded-default text-base-700 text-sm w-full",
            }
        ),
    )


class DeskList(ChangeList):
    """Links to all rows only where something was asked for: the link leads to the page without any of it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not (self.query or self.get_filters_params()):
            self.full_result_count = self.result_count


class DeskAdmin(_ModelAdmin[M]):
    """A page of the desk. What is only decoration counts no rows of large tables. An action is kept in the log of each
    row that it was asked for, with who asked and why."""

    needs_reason: ClassVar[Collection[str]] = ()
    """Actions that are only done for a reason; the page then has a `ReasonForm`."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    compressed_fields = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DeskList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Also both ends of a range that a filter of the list asks for, however far its field is."""
        ranges = tuple(f"{each[0]}_{end}" for each in self.list_filter if isinstance(each, tuple) for end in RANGE)
        return lookup.startswith(ranges) or super().lookup_allowed(lookup, value, request)

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any) -> Any:
        action, reason = request.POST.get("action", ""), request.POST.get("reason", "").strip()
        if action in self.needs_reason and not reason:
            messages.error(request, _("Say why: this is done for a reason, which stays with what you change."))
            return None
        rows = list(queryset.filter(pk__in=request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME)))
        with pghistory.context(**({"reason": reason} if reason else {})):
            answer = super().response_action(request, queryset, *args)
        done = self.get_actions(request).get(action)
        if answer and rows and done and action != "delete_selected":  # which Django logs by itself
            words = f"{done[2]}: {reason}" if reason else str(done[2])
            LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, words)
        return answer

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        formset = super().get_changelist_formset(request, **kwargs)
        named(formset.form)
        return formset


def named(form: "type[DeskForm[Any]]") -> None:
    """The form of a table: its fields carry their names themselves, since a column's heading is no label."""
    for field in form.base_fields.values():
        field.widget.attrs.setdefault("aria-label", capfirst(field.label))


class DeskInline(_Inline[M, Parent]):
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Parent | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        named(formset.form)
        return formset


class ReadOnlyAdmin(DeskAdmin[M]):
    """What staff read and nobody writes by hand. Its actions call services; to run them (`act`) takes Django's
    permission to change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)


class LongTableAdmin(LongTable, ReadOnlyAdmin[M]):
    """A table that grows for ever: its pages go on without being counted, and nobody acts on all of it at once."""

    list_disable_select_all = True


class ReadOnlyInline(DeskInline[M, Parent]):
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False


class ServiceForm(DeskForm[M]):
    """A form whose values go to a service. `fields_of` names the form's field for each name that the service uses."""

    refusal: ClassVar[Refusal | None] = None
    fields_of: ClassVar[dict[str, str]] = {}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name, reasons in _reasons(self.refusal).items():
            field = self.fields_of.get(name, name)
            self.add_error(field if field in self.fields else None, reasons)
        return cleaned


class ServiceAdmin(DeskAdmin[M]):
    """Saves through a service. Where the service refuses, everything is rolled back and the form says why."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (ValidationError, DomainError) as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]  # asked again, the form has the answer
            return super().changeform_view(request, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT002 -- Django's signature
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", None)  # type: ignore[attr-defined]  # made for this request
        return form


def _reasons(refusal: Refusal | None) -> dict[str, list[str]]:
    """What a service says against each field that it was given."""
    match refusal:
        case None:
            return {}
        case InvalidRequest():
            return refusal.errors
        case DomainError():
            return {NON_FIELD_ERRORS: [str(refusal)]}
        case ValidationError() if hasattr(refusal, "error_dict"):
            return refusal.message_dict
        case _:
            return {NON_FIELD_ERRORS: refusal.messages}


def for_each(request: HttpRequest, chosen: Iterable[M], act: Callable[[M], object], *, done: str | Promise) -> None:
    """Call a service for each row that was chosen. Says for how many it was `done`, and of each other why not."""
    count = 0
    for row in chosen:
        try:
            act(row)
        except DomainError as error:
            messages.error(request, f"{row}: {error}")
        else:
            count += 1
    if count:
        messages.success(request, str(done % {"count": count}))


def badge(text: str, colour: str) -> SafeString:
    """`text` on a patch of colour: info, success, warning, danger, or plain for anything else."""
    return mark_safe(render_to_string("unfold/helpers/label.html", {"text": text, "type": colour}))


def two_lines(first: object, second: object) -> SafeString:
    """A narrow cell: what matters above, what explains it below; on a wide page neither is broken."""
    return format_html(
        '<div class="desk-lines"><div>{}</div><div class="text-subtle text-xs">{}</div></div>', first, second
    )
