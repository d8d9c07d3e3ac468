from django.db import migrations


def add_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.get_or_create(name="integrator")


class Migration(migrations.Migration):
    """Integrators: people whose programs book for others, without the limit of a traveller."""

    dependencies = [("gateway", "0001_people_and_keys")]
    operations = [migrations.RunPython(add_group, migrations.RunPython.noop)]
