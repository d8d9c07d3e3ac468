"""The demo's accounts: one for each door, and one for each role at the staff desk."""

import os
from dataclasses import dataclass
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from flights_project.gateway.models import ApiKey, User
from flights_project.gateway.roles import STAFF_ROLES, Role
from flights_project.gateway.services import give_role

PASSWORD = "flights-demo"  # noqa: S105 -- on the welcome page of every demo, and nowhere else
TRAVELLER, STAFF, INTEGRATOR = "traveller@demo.test", "staff@demo.test", "integrator@demo.test"


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    first_name: str
    last_name: str
    role: Role


PEOPLE = (
    Person(TRAVELLER, "Asha", "Raman", Role.TRAVELLER),
    Person(STAFF, "Vikram", "Mehta", Role.ADMINISTRATOR),
    Person(INTEGRATOR, "Nadia", "Fernandes", Role.INTEGRATOR),
    Person("agent@demo.test", "Meera", "Iyer", Role.AGENT),
    Person("airport@demo.test", "Arjun", "Das", Role.AIRPORT_AGENT),
    Person("planner@demo.test", "Kavita", "Joshi", Role.SCHEDULE_PLANNER),
    Person("revenue@demo.test", "Rohan", "Kapoor", Role.REVENUE_MANAGER),
    Person("supervisor@demo.test", "Farah", "Khan", Role.SUPERVISOR),
)


@transaction.atomic
def load_people(*, keeps_key: bool = True) -> str | None:
    """Make the accounts that are missing. Returns the integrator's new API key, None where there was one before; it is
    written into a file unless that keeps the key of another database."""
    for person in PEOPLE:
        if not User.objects.filter(email__iexact=person.email).exists():
            _add(person)
    integrator = User.objects.get(email__iexact=INTEGRATOR)
    if integrator.api_keys.exists():
        return None
    _key, secret = ApiKey.issue(owner=integrator, name="Demo")
    if keeps_key:
        _keep(secret)
    return secret


def _add(person: Person) -> None:
    user = User.objects.create_user(
        person.email,
        PASSWORD,
        first_name=person.first_name,
        last_name=person.last_name,
        is_staff=person.role in STAFF_ROLES,
        is_superuser=person.role == Role.ADMINISTRATOR,
    )
    EmailAddress.objects.create(user=user, email=person.email, verified=True, primary=True)
    give_role(user=user, role=person.role)


def api_key_file() -> Path:
    """Where the integrator's key is kept for whoever runs the demo."""
    return Path(settings.BASE_DIR) / ".local" / "integrator_api_key"


def _keep(secret: str) -> None:
    """Written before the key is committed: a key that nobody could read is never left behind."""
    path = api_key_file()
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
