"""The staff desk: the Django admin behind the same log-in as everybody's, and a second factor.

After the desk itself comes what its pages share. A page is a plain form (`DeskAdmin`), is only read
(`ReadOnlyAdmin`), or saves through a service that may refuse (`ServiceAdmin`).
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from allauth.account.authentication import get_authentication_records
from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext as _

from flights_project.lib.errors import DomainError, InvalidRequest

M = TypeVar("M", bound=Model)
Parent = TypeVar("Parent", bound=Model)
Refusal = ValidationError | InvalidRequest

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as UnfoldAdminSite

    _ModelAdmin = admin.ModelAdmin
    _Inline = admin.TabularInline
    _ModelForm = forms.ModelForm
else:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.sites import UnfoldAdminSite

    class _ModelAdmin(ModelAdmin, Generic[M]):
        """Unfold's, with the parameter that Django's has for the type checker."""

    class _Inline(TabularInline, Generic[M, Parent]):
        """Likewise."""

    class _ModelForm(forms.ModelForm, Generic[M]):
        """Likewise."""


def used_second_factor(request: HttpRequest) -> bool:
    """Whether a TOTP or recovery code was given in this session, when it was opened or since."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


class StaffDesk(UnfoldAdminSite):
    """Unfold's admin. Its Alpine.js evaluates expressions and its widgets carry styles, so these pages, and no
    others, allow `unsafe-eval` and inline styles."""

    CSP: ClassVar = {"script-src": [SELF, NONCE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
    empty_value_display = "–"

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

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Any:  # noqa: FBT002 -- Django's signature
        return super().admin_view(csp_replace(self.CSP)(view), cacheable)


class DeskAdmin(_ModelAdmin[M]):
    """A page of the desk. Large tables are never counted twice."""

    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True


class DeskInline(_Inline[M, Parent]):
    extra = 0


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


class ReadOnlyInline(DeskInline[M, Parent]):
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False


class ServiceForm(_ModelForm[M]):
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
        except (ValidationError, InvalidRequest) as refusal:
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
        case ValidationError() if hasattr(refusal, "error_dict"):
            return refusal.message_dict
        case _:
            return {NON_FIELD_ERRORS: refusal.messages}


def for_each(request: HttpRequest, chosen: Iterable[M], act: Callable[[M], object], *, done: str) -> None:
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
        messages.success(request, done % {"count": count})


def badge(text: str, colour: str) -> SafeString:
    """`text` on a patch of colour: info, success, warning, danger, or plain for anything else."""
    return mark_safe(render_to_string("unfold/helpers/label.html", {"text": text, "type": colour}))


def instant(field: str, description: str | Promise) -> Callable[[Any, Any], str | None]:
    """A column with the UTC date and time in `field`, sorted by it."""

    @admin.display(description=format_lazy("{} (UTC)", description), ordering=field)
    def column(_page: Any, row: Any) -> str | None:
        moment: datetime | None = getattr(row, field)
        return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M}" if moment else None

    return column
