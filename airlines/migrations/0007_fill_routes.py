"""The routes of the flights that are there: great-circle distances by the haversine formula."""

from django.db import migrations

FILL = """
    INSERT INTO airlines_route (origin_id, destination_id, distance_km)
    SELECT start.id, finish.id, round(2 * 6371 * asin(least(1, sqrt(
        sin(radians(finish.latitude - start.latitude) / 2) ^ 2
        + cos(radians(start.latitude)) * cos(radians(finish.latitude))
        * sin(radians(finish.longitude - start.longitude) / 2) ^ 2
    ))))
    FROM (SELECT DISTINCT origin_id, destination_id FROM airlines_flight) AS flown
    JOIN airlines_airport AS start ON start.id = flown.origin_id
    JOIN airlines_airport AS finish ON finish.id = flown.destination_id
"""


class Migration(migrations.Migration):
    dependencies = [("airlines", "0006_routes_and_connection_times")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
