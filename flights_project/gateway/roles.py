"""Who people are at the airline, and what staff of each role may do: one table, from which the groups are made.

A role is a Django group, and what it may do are Django's permissions. They are put back to this table whenever
migrations were applied, so that a role means the same everywhere; who needs other rights gets a group of their own.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS


class Role(StrEnum):
    """The name of the role's group."""

    TRAVELLER = "traveller"
    INTEGRATOR = "integrator"
    AGENT = "agent"
    """Reservations: sells, changes and looks after bookings."""
    AIRPORT_AGENT = "airport_agent"
    SCHEDULE_PLANNER = "schedule_planner"
    REVENUE_MANAGER = "revenue_manager"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


STAFF_ROLES = (
    Role.AGENT,
    Role.AIRPORT_AGENT,
    Role.SCHEDULE_PLANNER,
    Role.REVENUE_MANAGER,
    Role.SUPERVISOR,
    Role.ADMINISTRATOR,
)
FULL = "view add change delete"
FOR_TRAVELLERS = "hold pay cancel rename divide resend"
"""What is done to a booking for whoever calls."""
BEYOND_THE_RULES = "waive overrule"
"""What a rule forbids, and somebody answers for."""
RIGHTS: dict[str, tuple[str, str, str, str, str, str]] = {
    "airlines.city": ("view", "view", "view", "view", "view", FULL),
    "airlines.airport": ("view", "view", "view", "view", "view", FULL),
    "airlines.connectiontime": ("view", "view", FULL, "view", FULL, FULL),
    "airlines.airplane": ("view", "view", "view add change", "view", "view", FULL),
    "airlines.airplanetype": ("view", "view", "view add change", "view", "view", FULL),
    "airlines.schedule": ("view", "view", FULL, "view", FULL, FULL),
    "airlines.seat": ("view", "view", "view change", "", "view change", "view change"),
    "airlines.flight": ("view", "view operate", f"{FULL} operate", "view", f"{FULL} operate", f"{FULL} operate"),
    "airlines.flightfare": ("view", "", "view change", "view change", "view change", "view change"),
    "airlines.farechange": ("", "", "", "view add", "view add", "view add"),
    "airlines.pricingrule": ("view", "", "", FULL, FULL, FULL),
    "airlines.farefamily": ("view", "view", "view", "view add change", "view add change", FULL),
    "airlines.taxrule": ("view", "", "", "view add change", "view add change", FULL),
    "bookings.booking": (
        f"view change {FOR_TRAVELLERS}",
        "view",
        "",
        "",
        f"view change {FOR_TRAVELLERS} {BEYOND_THE_RULES}",
        f"view change {FOR_TRAVELLERS} {BEYOND_THE_RULES}",
    ),
    "bookings.coupon": ("view", "view", "", "", "view", "view"),
    "bookings.ticket": ("view", "view", "", "", "view", "view"),
    "bookings.payment": ("view change", "", "", "", "view change", "view change"),
    "bookings.refund": ("view", "", "", "", "view", "view"),
    "bookings.reconciliation": ("", "", "", "", "view", "view"),
    "bookings.report": (
        "view manifest bookings no_shows",
        "view manifest no_shows",
        "",
        "view revenue",
        "view manifest bookings revenue no_shows",
        "view manifest bookings revenue no_shows",
    ),
    "notifications.message": ("view", "", "", "", "view change", "view change"),
    "notifications.refusal": ("view", "", "", "", "view", "view"),
    "notifications.webhookendpoint": ("view", "", "", "", "view change", "view change"),
    "notifications.webhookdelivery": ("view", "", "", "", "view change", "view change"),
    "notifications.event": ("view", "", "", "", "view", "view"),
    "gateway.user": ("view", "", "", "", "view", "view add change"),
    "gateway.apikey": ("", "", "", "", "", "view add change"),
    "auth.group": ("", "", "", "", "", "view"),
}
"""What each of `STAFF_ROLES` may do with a model. Travellers and integrators have none of these rights: their own
bookings are theirs by the querysets, and nothing else is."""


def rights_of(role: Role, app: str) -> set[str]:
    """Code names of the role's permissions on models of `app`."""
    if role not in STAFF_ROLES:
        return set()
    column = STAFF_ROLES.index(role)
    rows = [(model.partition("."), columns[column]) for model, columns in RIGHTS.items()]
    return {f"{action}_{name}" for (label, _, name), actions in rows if label == app for action in actions.split()}


def grant_roles(
    app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = installed_apps, **kwargs: Any
) -> None:
    """After an app's migrations: every role has exactly its rights on the app's models. Doing it twice does nothing."""
    app = app_config.label
    if app not in {model.partition(".")[0] for model in RIGHTS}:
        return
    try:
        group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # migrated back to before there were groups
        return
    create_permissions(app_config, using=using, apps=apps, **kwargs)  # Django's own turn may come after ours
    group.objects.using(using).bulk_create([group(name=role) for role in Role], ignore_conflicts=True)
    groups = dict(group.objects.using(using).filter(name__in=list(Role)).values_list("name", "pk"))
    rights = permission.objects.using(using).filter(content_type__app_label=app).values_list("codename", "pk")
    wanted = {(groups[role], pk) for code, pk in rights for role in STAFF_ROLES if code in rights_of(role, app)}
    _have_exactly(wanted, group.permissions.through.objects.using(using), groups.values(), [pk for _, pk in rights])


def _have_exactly(wanted: set[tuple[int, int]], grants: Any, groups: Iterable[int], rights: Iterable[int]) -> None:
    """`grants` of these rights to these groups become the `wanted` pairs of group and right."""
    there = grants.filter(group__in=list(groups), permission__in=list(rights))
    given = set(there.values_list("group_id", "permission_id"))
    grants.bulk_create([grants.model(group_id=group, permission_id=right) for group, right in wanted - given])
    for group, right in given - wanted:
        there.filter(group=group, permission=right).delete()
