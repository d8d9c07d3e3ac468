"""What callers may do: denied unless allowed here."""

from typing import TYPE_CHECKING

from rest_framework.permissions import (
    SAFE_METHODS,
    BasePermission,
    DjangoModelPermissions,
    DjangoModelPermissionsOrAnonReadOnly,
)
from rest_framework.request import Request

from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.roles import Role

if TYPE_CHECKING:  # the views load their permissions while they are loaded themselves
    from rest_framework.views import APIView


def is_staff(request: Request) -> bool:
    """Whether a member of staff has logged in; a key of a program never counts as one."""
    return bool(getattr(request.user, "is_staff", False)) and not isinstance(request.auth, ApiKey)


class ReadOrStaffWrite(DjangoModelPermissionsOrAnonReadOnly):
    """Anyone reads; staff write what their permissions name. A key of a program never writes the network."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.method in SAFE_METHODS:
            return True
        return is_staff(request) and super().has_permission(request, view)


class StaffRead(DjangoModelPermissions):
    """Staff read what their permissions name; nobody else does."""

    perms_map = DjangoModelPermissions.perms_map | {"GET": ["%(app_label)s.view_%(model_name)s"]}

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return is_staff(request) and super().has_permission(request, view)


class HasScope(BasePermission):
    """A program's key must carry the view's `required_scope`, or one of them; a person's login carries all.

    A view that names no scope is closed to keys.
    """

    message = "This call is not for API keys."
    code = "scope_required"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        required: str | tuple[str, ...] = getattr(view, "required_scope", ())
        alternatives = (required,) if isinstance(required, str) else required
        if alternatives:
            self.message = f"This call needs an API key with the scope {' or '.join(alternatives)}."
        return not set(alternatives).isdisjoint(request.auth.scopes)


class IsIntegrator(BasePermission):
    """Accounts whose programs sell for travellers."""

    message = "This is for integrators."
    code = "integrators_only"

    def has_permission(self, request: Request, view: "APIView") -> bool:
        user = request.user
        return isinstance(user, User) and user.groups.filter(name=Role.INTEGRATOR).exists()
