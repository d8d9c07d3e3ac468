"""The desk's pages for people, what they may do, and the keys of their programs."""

from typing import Any, ClassVar

import allauth.account.admin  # registers what is unregistered below
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401 -- likewise
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedCheckboxFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from flights_project.gateway.desk import DeskAdmin, DeskForm, ReadOnlyInline, badge, instant
from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.roles import Role

for _model in (Group, EmailAddress, Authenticator, UserSession):
    admin.site.unregister(_model)  # addresses and second factors are shown with their person, sessions to themselves

ONLY_SUPERUSERS_GIVE = ["is_staff", "is_superuser", "groups", "user_permissions"]


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, DeskAdmin[Group]):
    """What a role may do is the same everywhere (`gateway/roles.py`); who needs other rights gets another group."""

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.name in list(Role))

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.name in list(Role))


class PersonAddresses(ReadOnlyInline[EmailAddress, User]):
    model = EmailAddress
    fields = ["email", "primary", "verified"]
    hide_title = True


@admin.register(User)
class UserAdmin(DjangoUserAdmin, DeskAdmin[User]):  # type: ignore[type-arg]  # it takes none at run time
    """People are switched off, never deleted: what they booked is kept. Who is staff only superusers decide."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "first_name", "last_name", "is_staff", "second_factor", "is_active", "joined", "last_seen"]
    list_filter = [
        ("is_staff", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
        ("groups", RelatedCheckboxFilter),
    ]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    inlines = [PersonAddresses]
    actions = ["forget_second_factor"]
    fieldsets = [
        (None, {"fields": ["email", "password", ("first_name", "last_name")]}),
        (gettext_lazy("May"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (gettext_lazy("When"), {"fields": [("joined", "last_seen"), "second_factor"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", ("first_name", "last_name"), "password1", "password2"]})]
    joined = instant("date_joined", gettext_lazy("joined"))
    last_seen = instant("last_login", gettext_lazy("last log-in"))

    def get_queryset(self, request: HttpRequest) -> Any:
        codes = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        return super().get_queryset(request).annotate(has_second_factor=Exists(codes))

    @admin.display(description=gettext_lazy("second factor"))
    def second_factor(self, user: User) -> str | None:
        return badge(_("on"), "success") if getattr(user, "has_second_factor", False) else None

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """An account's e-mail is changed by its owner, who must prove the new one."""
        fixed = ["joined", "last_seen", "second_factor", *(["email"] if obj else [])]
        return fixed if request.user.is_superuser else [*fixed, *ONLY_SUPERUSERS_GIVE]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff change travellers; other staff, and themselves, only as superusers."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or request.user.is_superuser or not (obj.is_staff or obj.is_superuser))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    @admin.action(
        description=gettext_lazy("Forget the second factor of the selected people"), permissions=["superuser"]
    )
    def forget_second_factor(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """For somebody who lost phone and recovery codes, and has shown who they are."""
        lost = people.filter(authenticator__isnull=False).distinct()
        names = ", ".join(user.email for user in lost) or _("nobody")
        Authenticator.objects.filter(user__in=people.values("pk")).delete()
        messages.success(request, _("The second factor was removed for: %(names)s.") % {"names": names})


class ApiKeyForm(DeskForm[ApiKey]):
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        choices=ApiKey.Scope.choices,
        initial=ApiKey.Scope.values,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        help_texts: ClassVar = {"expires_at": "UTC; empty for never."}


@admin.register(ApiKey)
class ApiKeyAdmin(DeskAdmin[ApiKey]):
    """A key is shown once, when it is made. It is revoked, never deleted, so that its prefix stays explained."""

    form = ApiKeyForm
    list_display = ["name", "prefix", "owner", "state", "allowed", "created", "used", "expires"]
    list_select_related = ["owner"]
    search_fields = ["name", "=prefix", "owner__email"]
    autocomplete_fields = ["owner"]
    readonly_fields = ["prefix", "state", "created", "used", "old_secret"]
    actions = ["rotate", "revoke"]
    created = instant("created_at", gettext_lazy("made"))
    used = instant("last_used_at", gettext_lazy("last used"))
    expires = instant("expires_at", gettext_lazy("expires"))
    old_secret = instant("previous_until", gettext_lazy("old secret works until"))

    @admin.display(description=gettext_lazy("status"))
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return badge(_("revoked"), "danger")
        return badge(_("live"), "success") if key.is_usable(timezone.now()) else badge(_("expired"), "")

    @admin.display(description=gettext_lazy("may"))
    def allowed(self, key: ApiKey) -> str:
        return ", ".join(str(ApiKey.Scope(scope).label) for scope in key.scopes)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        typed = ["owner", "name", "scopes", "networks", "expires_at"]
        return [("prefix", "state"), *typed, ("created", "used", "old_secret")] if obj else typed

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        return [*self.readonly_fields, *(["owner"] if obj else [])]

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.revoked_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: Any) -> None:
        if change:
            obj.save(update_fields=["name", "scopes", "networks", "expires_at"])
            return
        fields = ["owner", "name", "scopes", "expires_at", "networks"]
        key, secret = ApiKey.issue(**{field: getattr(obj, field) for field in fields})
        obj.pk, obj.prefix = key.pk, key.prefix
        self._show_once(request, secret)

    def _show_once(self, request: HttpRequest, secret: str) -> None:
        messages.warning(request, _("Copy this key now, it is not shown again: %(secret)s") % {"secret": secret})

    @admin.action(description=gettext_lazy("Give the selected keys new secrets"), permissions=["change"])
    def rotate(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """For a change of secret without a gap: the old one goes on working for a while."""
        for key in keys.filter(revoked_at=None):
            self._show_once(request, key.rotate(now=timezone.now()))

    @admin.action(description=gettext_lazy("Revoke the selected keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        revoked = keys.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.success(
            request,
            ngettext("%(count)d key was revoked.", "%(count)d keys were revoked.", revoked) % {"count": revoked},
        )
