"""Migrations say all that the models say, have names that tell what they make, and can be taken back."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

OURS = ["gateway", "airlines", "bookings", "notifications"]


def tables():
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


@pytest.mark.django_db
def test_none_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_each_has_a_name_that_tells():
    names = [name for app, name in MigrationLoader(None).disk_migrations if app in OURS]

    assert names
    assert not [name for name in names if "auto" in name or name.endswith("initial")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("app", ["bookings", "notifications"])
def test_they_can_be_taken_back_and_made_again(app):
    before = tables()
    try:
        call_command("migrate", app, "zero", verbosity=0)
        assert not [table for table in tables() if table.startswith(f"{app}_")]
    finally:
        call_command("migrate", verbosity=0)

    assert tables() == before
