"""Flights to come have no more for sale than the seats of their airplane that are not blocked, and the limit."""

from django.db import migrations

FIT = """
    UPDATE airlines_flightcabin cabin
    SET capacity = GREATEST(fitted.seats + cabin.overbooking, cabin.seats_held + cabin.seats_sold),
        overbooking = GREATEST(cabin.overbooking, cabin.seats_held + cabin.seats_sold - fitted.seats),
        excess = GREATEST(0, cabin.seats_held + cabin.seats_sold - fitted.seats - cabin.overbooking)
    FROM airlines_flight flight
    JOIN (
        SELECT fitted.airplane_id, fitted.cabin,
               count(*) FILTER (WHERE seat.blocked_for = '') AS seats,
               count(*) FILTER (WHERE seat.blocked_for <> '') AS blocked
        FROM airlines_cabin fitted
        JOIN airlines_seat seat ON seat.cabin_id = fitted.id
        GROUP BY fitted.airplane_id, fitted.cabin
    ) fitted ON fitted.airplane_id = flight.airplane_id
    WHERE flight.id = cabin.flight_id AND fitted.cabin = cabin.cabin AND fitted.blocked > 0
      AND flight.status IN ('scheduled', 'delayed') AND flight.departs_at > now()
"""


class Migration(migrations.Migration):
    dependencies = [("airlines", "0016_excess_of_sold_seats")]

    operations = [migrations.RunSQL(FIT, migrations.RunSQL.noop)]
