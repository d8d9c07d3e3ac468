"""What callers may do: denied unless allowed here."""

from rest_framework.permissions import SAFE_METHODS, BasePermission, DjangoModelPermissionsOrAnonReadOnly
from rest_framework.request import Request
from rest_framework.views import APIView

from flights_project.gateway.models import ApiKey


class ReadOrStaffWrite(DjangoModelPermissionsOrAnonReadOnly):
    """Anyone reads; staff write what their permissions name. A key of a program never writes the network."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS:
            return True
        is_staff = bool(getattr(request.user, "is_staff", False)) and not isinstance(request.auth, ApiKey)
        return is_staff and super().has_permission(request, view)


class HasScope(BasePermission):
    """A program's key must carry the view's `required_scope`; a person's login carries all of them."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        return getattr(view, "required_scope", None) in request.auth.scopes
