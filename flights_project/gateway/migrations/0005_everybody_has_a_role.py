from django.db import migrations

ROLES = ("traveller", "integrator", "agent", "supervisor", "administrator")


def give_roles(apps, schema_editor):
    """A group for each role; accounts without any become travellers. What roles may do follows after migrating."""
    groups = {name: apps.get_model("auth", "Group").objects.get_or_create(name=name)[0] for name in ROLES}
    User = apps.get_model("gateway", "User")
    plain = User.objects.filter(groups=None, is_staff=False).values_list("pk", flat=True)
    User.groups.through.objects.bulk_create(
        [User.groups.through(user_id=pk, group=groups["traveller"]) for pk in plain], batch_size=5000
    )


class Migration(migrations.Migration):
    dependencies = [("gateway", "0004_log_ins_and_rotated_keys")]
    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
