from zoneinfo import available_timezones

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from airlines.models.reference import STAMPED
from airlines.querysets import AirportQuerySet

IATA_LOCATION = RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, such as DEL."))
ICAO_LOCATION = RegexValidator(r"^[A-Z]{4}\Z", _("Four capital letters, such as VIDP."))
COUNTRY = RegexValidator(r"^[A-Z]{2}\Z", _("Two capital letters (ISO 3166-1), such as IN."))


def known_zone(name: str) -> None:
    """Raises ValidationError where `name` is no zone of the IANA database."""
    if name not in available_timezones():
        raise ValidationError(_("Not a zone of the IANA database: %(name)s"), params={"name": name})


class Country(models.Model):
    """A country under the name that travellers use; ISO 3166-1 has the codes."""

    code = models.CharField(_("code"), max_length=2, primary_key=True, validators=[COUNTRY])
    name = models.CharField(_("name"), max_length=100)
    other_names = models.CharField(
        _("other names"), max_length=200, blank=True, help_text=_("What else travellers type for it: UK, England.")
    )
    words = models.GeneratedField(
        expression=models.Func(
            Concat(models.Value(" "), "name", models.Value(" "), "other_names"),
            function="place_words",
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Z]{2}$"), name="country_code_is_iso")
        ]
        triggers = [STAMPED]

    def __str__(self) -> str:
        return self.name


class City(models.Model):
    """A place that travellers name. Its IATA code may cover several airports: LON is LHR, LGW, STN, …"""

    code = models.CharField(_("code"), max_length=3, unique=True, validators=[IATA_LOCATION])
    name = models.CharField(_("name"), max_length=100)
    country = models.CharField(_("country"), max_length=2, validators=[COUNTRY])
    other_names = models.CharField(
        _("other names"), max_length=200, blank=True, help_text=_("What else travellers type for it: Bombay, मुंबई.")
    )

    class Meta:
        verbose_name = _("city")
        verbose_name_plural = _("cities")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Z]{3}$"), name="city_code_is_iata"),
            models.CheckConstraint(condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="city_country_is_iso"),
        ]
        triggers = [STAMPED]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Airport(models.Model):
    city = models.ForeignKey(City, models.PROTECT, related_name="airports", verbose_name=_("city"))
    iata = models.CharField(_("IATA code"), max_length=3, unique=True, validators=[IATA_LOCATION])
    icao = models.CharField(_("ICAO code"), max_length=4, unique=True, validators=[ICAO_LOCATION])
    name = models.CharField(_("name"), max_length=100)
    latitude = models.FloatField(
        _("latitude"), validators=[MinValueValidator(-90), MaxValueValidator(90)], help_text=_("Degrees north.")
    )
    longitude = models.FloatField(
        _("longitude"), validators=[MinValueValidator(-180), MaxValueValidator(180)], help_text=_("Degrees east.")
    )
    zone = models.CharField(_("zone"), max_length=40, validators=[known_zone], help_text=_("IANA name, Asia/Kolkata."))
    closed_from = models.TimeField(
        _("closed from"), null=True, blank=True, help_text=_("Night curfew, by the airport’s clock. Empty: never.")
    )
    closed_until = models.TimeField(_("closed until"), null=True, blank=True)

    objects = AirportQuerySet.as_manager()

    class Meta:
        verbose_name = _("airport")
        verbose_name_plural = _("airports")
        ordering = ["iata"]
        constraints = [
            models.CheckConstraint(condition=models.Q(iata__regex=r"^[A-Z]{3}$"), name="airport_iata_is_iata"),
            models.CheckConstraint(condition=models.Q(icao__regex=r"^[A-Z]{4}$"), name="airport_icao_is_icao"),
            models.CheckConstraint(condition=models.Q(latitude__range=(-90, 90)), name="airport_latitude_on_earth"),
            models.CheckConstraint(condition=models.Q(longitude__range=(-180, 180)), name="airport_longitude_on_earth"),
            models.CheckConstraint(
                condition=models.Q(closed_from__isnull=True, closed_until__isnull=True)
                | models.Q(closed_from__isnull=False, closed_until__isnull=False),
                name="airport_closes_and_opens",
                violation_error_message=_("A curfew has a beginning and an end."),
            ),
        ]
        triggers = [STAMPED]

    def __str__(self) -> str:
        return f"{self.iata} {self.name}"


class AirportWords(models.Model):
    """What an airport is found by: codes, city, name and country without accents, a space before each word.

    Triggers of the migration `place_words` keep it, whoever writes an airport, a city or a country.
    """

    airport = models.OneToOneField(Airport, models.CASCADE, primary_key=True, related_name="words")
    iata = models.CharField(max_length=3)
    city_code = models.CharField(max_length=3)
    city_name = models.TextField()
    words = models.TextField()

    class Meta:
        verbose_name = _("words of an airport")
        verbose_name_plural = _("words of airports")
        indexes = [models.Index(fields=["city_name"], name="airport_words_city_name")]

    def __str__(self) -> str:
        return f"{self.iata} {self.words}"


class PlaceWord(models.Model):
    """A word that some airport is or was found by: what a misspelt one may have meant. Kept by the same triggers."""

    word = models.TextField(primary_key=True)

    class Meta:
        verbose_name = _("word of a place")
        verbose_name_plural = _("words of places")
        # Written rarely and read at each letter: no list of pending words that every reader would have to go through.
        indexes = [GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="known_word_trigrams", fastupdate=False)]

    def __str__(self) -> str:
        return self.word


class Route(models.Model):
    """Two airports that a flight was ever scheduled between: the network as a graph, kept by scheduling."""

    origin = models.ForeignKey(Airport, models.CASCADE, related_name="routes_out", verbose_name=_("from"))
    destination = models.ForeignKey(Airport, models.CASCADE, related_name="routes_in", verbose_name=_("to"))
    distance_km = models.PositiveIntegerField(_("distance, km"), help_text=_("Along the great circle."))

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ["origin", "destination"]
        constraints = [
            models.UniqueConstraint(fields=["origin", "destination"], name="route_once"),
            models.CheckConstraint(
                condition=~models.Q(origin=models.F("destination")), name="route_between_two_airports"
            ),
        ]
        triggers = [STAMPED]

    def __str__(self) -> str:
        return f"{self.origin.iata}–{self.destination.iata}"


class ConnectionTime(models.Model):
    """The least time (MCT) between landing at an airport and leaving it, or another airport of its city, again.

    What is not here is of `settings.CONNECTION_MINUTES`.
    """

    class Kind(models.TextChoices):
        """The flight in, then the flight out."""

        DOMESTIC_TO_DOMESTIC = "DD", _("domestic to domestic")
        DOMESTIC_TO_INTERNATIONAL = "DI", _("domestic to international")
        INTERNATIONAL_TO_DOMESTIC = "ID", _("international to domestic")
        INTERNATIONAL_TO_INTERNATIONAL = "II", _("international to international")

    airport = models.ForeignKey(Airport, models.CASCADE, related_name="connection_times", verbose_name=_("landing at"))
    onward_airport = models.ForeignKey(
        Airport,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("leaving from"),
        help_text=_("Another airport of the same city. Empty: the same airport."),
    )
    kind = models.CharField(_("connection"), max_length=2, choices=Kind.choices)
    minutes = models.PositiveSmallIntegerField(_("minutes at least"), validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("connection time")
        verbose_name_plural = _("connection times")
        ordering = ["airport", "onward_airport", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["airport", "onward_airport", "kind"],
                name="connection_time_once",
                nulls_distinct=False,
                violation_error_message=_("There is already a time for this connection."),
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__range=(1, 24 * 60)),
                name="connection_time_within_a_day",
                violation_error_message=_("A connection takes between one minute and a day."),
            ),
            models.CheckConstraint(
                condition=~models.Q(airport=models.F("onward_airport")),
                name="connection_time_to_another_airport",
                violation_error_message=_("Leave this empty for the same airport."),
            ),
        ]
        triggers = [STAMPED]

    def __str__(self) -> str:
        return f"{self.airport.iata} {self.get_kind_display()}"

    def clean(self) -> None:
        if self.onward_airport is not None and self.onward_airport.city_id != self.airport.city_id:
            raise ValidationError({"onward_airport": _("Travellers change between airports of one city only.")})
