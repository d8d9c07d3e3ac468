from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import pycountry
from django.db import migrations, models

PLACE_WORDS = r"""
CREATE FUNCTION place_words(typed text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT rtrim(regexp_replace(
        ' ' || translate(lower(public.unaccent('public.unaccent', normalize(typed, NFKC))), '''’`', ''),
        '[\s!-/:-@\[-`{-~]+', ' ', 'g'
    ))
$$;
COMMENT ON FUNCTION place_words(text) IS 'Words in small letters without accents or punctuation, a space before each.';
"""

TRIGGERS = """
CREATE FUNCTION write_airport_words(airports bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO airlines_airportwords (airport_id, iata, city_code, city_name, words)
    SELECT
        airport.id,
        lower(airport.iata),
        lower(city.code),
        ltrim(place_words(city.name)),
        place_words(concat_ws(' ',
            airport.iata, city.code, city.name, airport.name, airport.icao, country.name, country.other_names, 'airport'
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

CREATE FUNCTION airport_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A city that is being renamed by another transaction is waited for, and read as it is then.
    PERFORM FROM airlines_city WHERE id = NEW.city_id FOR SHARE;
    PERFORM write_airport_words(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER airport_words AFTER INSERT OR UPDATE OF iata, icao, name, city_id ON airlines_airport
    FOR EACH ROW EXECUTE FUNCTION airport_words_changed();

CREATE FUNCTION city_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_airport_words(ARRAY(SELECT id FROM airlines_airport WHERE city_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER city_words AFTER UPDATE OF code, name, country ON airlines_city
    FOR EACH ROW EXECUTE FUNCTION city_words_changed();

CREATE FUNCTION country_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_airport_words(ARRAY(
        SELECT airport.id FROM airlines_airport airport
        JOIN airlines_city city ON city.id = airport.city_id
        WHERE city.country = NEW.code
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER country_words AFTER INSERT OR UPDATE OF name, other_names ON airlines_country
    FOR EACH ROW EXECUTE FUNCTION country_words_changed();

SELECT write_airport_words(ARRAY(SELECT id FROM airlines_airport));
"""

NO_TRIGGERS = """
DROP TRIGGER country_words ON airlines_country;
DROP TRIGGER city_words ON airlines_city;
DROP TRIGGER airport_words ON airlines_airport;
DROP FUNCTION country_words_changed(), city_words_changed(), airport_words_changed(), write_airport_words(bigint[]);
"""

SHORT_NAMES = {
    "CD": "DR Congo",
    "FM": "Micronesia",
    "KN": "Saint Kitts and Nevis",
    "PS": "Palestine",
    "RU": "Russia",
    "SH": "Saint Helena",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands",
}
"""Where ISO 3166-1 has only a name that nobody types."""
OTHER_NAMES = {
    "AE": "UAE Emirates",
    "CI": "Ivory Coast",
    "CZ": "Czech Republic",
    "GB": "UK Great Britain England Scotland Wales Northern Ireland",
    "MM": "Burma",
    "NL": "Holland",
    "SZ": "Swaziland",
    "TL": "East Timor",
    "TR": "Turkey",
    "US": "USA America",
}


def add_countries(apps, schema_editor):
    Country = apps.get_model("airlines", "Country")
    Country.objects.bulk_create([
        Country(
            code=country.alpha_2,
            name=SHORT_NAMES.get(country.alpha_2) or getattr(country, "common_name", country.name),
            other_names=OTHER_NAMES.get(country.alpha_2, ""),
        )
        for country in pycountry.countries
    ])
    # Kosovo has a code that the standard leaves to its users; airports have it.
    Country.objects.create(code="XK", name="Kosovo")


class Migration(migrations.Migration):

    dependencies = [
        ('airlines', '0002_network_fleet_flights_and_fares'),
    ]

    operations = [
        migrations.RunSQL(PLACE_WORDS, "DROP FUNCTION place_words(text)"),
        migrations.CreateModel(
            name='AirportWords',
            fields=[
                ('airport', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='words', serialize=False, to='airlines.airport')),
                ('iata', models.CharField(max_length=3)),
                ('city_code', models.CharField(max_length=3)),
                ('city_name', models.TextField()),
                ('words', models.TextField()),
            ],
            options={
                'verbose_name': 'words of an airport',
                'verbose_name_plural': 'words of airports',
                'indexes': [GinIndex(fields=['words'], name='airport_words_trigrams', fastupdate=False, opclasses=['gin_trgm_ops']), GinIndex(models.Func('words', models.Value(' '), function='string_to_array'), name='airport_words_whole', fastupdate=False), models.Index(fields=['city_name'], name='airport_words_city_name')],
            },
        ),
        migrations.CreateModel(
            name='Country',
            fields=[
                ('code', models.CharField(max_length=2, primary_key=True, serialize=False, validators=[django.core.validators.RegexValidator('^[A-Z]{2}\\Z', 'Two capital letters (ISO 3166-1), such as IN.')], verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('other_names', models.CharField(blank=True, help_text='What else travellers type for it: UK, England.', max_length=200, verbose_name='other names')),
                ('words', models.GeneratedField(db_persist=True, expression=models.Func(django.db.models.functions.text.Concat(models.Value(' '), 'name', models.Value(' '), 'other_names'), function='place_words'), output_field=models.TextField())),
            ],
            options={
                'verbose_name': 'country',
                'verbose_name_plural': 'countries',
                'ordering': ['name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Z]{2}$')), name='country_code_is_iso')],
            },
        ),
        migrations.CreateModel(
            name='PlaceWord',
            fields=[
                ('word', models.TextField(primary_key=True, serialize=False)),
            ],
            options={
                'verbose_name': 'word of a place',
                'verbose_name_plural': 'words of places',
                'indexes': [GistIndex(OpClass('word', name='gist_trgm_ops(siglen=64)'), name='place_word_trigrams')],
            },
        ),
        migrations.RunPython(add_countries, migrations.RunPython.noop),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
