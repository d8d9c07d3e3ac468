"""Cities are found by what else travellers call them, too."""

from django.db import migrations, models

WORDS = """
CREATE OR REPLACE FUNCTION write_airport_words(airports bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO airlines_airportwords (airport_id, iata, city_code, city_name, words)
    SELECT
        airport.id,
        lower(airport.iata),
        lower(city.code),
        ltrim(place_words(city.name)),
        place_words(concat_ws(' ',
            airport.iata, city.code, {names_of_city}, airport.name, airport.icao,
            country.name, country.other_names, 'airport'
        ))
    FROM airlines_airport airport
    JOIN airlines_city city ON city.id = airport.city_id
    LEFT JOIN airlines_country country ON country.code = city.country
    WHERE airport.id = ANY(airports)
    ON CONFLICT (airport_id) DO UPDATE SET
        iata = excluded.iata, city_code = excluded.city_code, city_name = excluded.city_name, words = excluded.words;
    INSERT INTO airlines_placeword (word)
    SELECT DISTINCT word
    FROM airlines_airportwords, string_to_table(ltrim(words), ' ') word
    WHERE airport_id = ANY(airports)
    ORDER BY word
    ON CONFLICT DO NOTHING;
$$;

DROP TRIGGER city_words ON airlines_city;
CREATE TRIGGER city_words AFTER UPDATE OF {columns} ON airlines_city
    FOR EACH ROW EXECUTE FUNCTION city_words_changed();
"""
WITH_OTHER_NAMES = WORDS.format(
    names_of_city="city.name, city.other_names", columns="code, name, country, other_names"
)
WITHOUT = WORDS.format(names_of_city="city.name", columns="code, name, country")


class Migration(migrations.Migration):
    dependencies = [("airlines", "0017_blocked_seats_are_not_for_sale")]

    operations = [
        migrations.AddField(
            model_name="city",
            name="other_names",
            field=models.CharField(
                blank=True,
                default="",
                help_text="What else travellers type for it: Bombay, मुंबई.",
                max_length=200,
                verbose_name="other names",
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(WITH_OTHER_NAMES, WITHOUT),
    ]
