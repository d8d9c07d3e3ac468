from django.db import migrations


class Migration(migrations.Migration):
    """Ticket serials: ten digits, from 2400000000, never given twice."""

    dependencies = [("bookings", "0001_bookings_and_money")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE bookings_ticket_serial AS bigint MINVALUE 2400000000 MAXVALUE 9999999999 NO CYCLE",
            "DROP SEQUENCE bookings_ticket_serial",
        )
    ]
