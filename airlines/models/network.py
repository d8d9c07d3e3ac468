from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from airlines.querysets import AirportQuerySet

IATA_LOCATION = RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, such as DEL."))
ICAO_LOCATION = RegexValidator(r"^[A-Z]{4}\Z", _("Four capital letters, such as VIDP."))
COUNTRY = RegexValidator(r"^[A-Z]{2}\Z", _("Two capital letters (ISO 3166-1), such as IN."))


def known_zone(name: str) -> None:
    """Raises ValidationError where `name` is no zone of the IANA database."""
    if name not in available_timezones():
        raise ValidationError(_("Not a zone of the IANA database: %(name)s"), params={"name": name})


class City(models.Model):
    """A place that travellers name. Its IATA code may cover several airports: LON is LHR, LGW, STN, …"""

    code = models.CharField(_("code"), max_length=3, unique=True, validators=[IATA_LOCATION])
    name = models.CharField(_("name"), max_length=100)
    country = models.CharField(_("country"), max_length=2, validators=[COUNTRY])

    class Meta:
        verbose_name = _("city")
        verbose_name_plural = _("cities")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Z]{3}$"), name="city_code_is_iata"),
            models.CheckConstraint(condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="city_country_is_iso"),
        ]

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
        ]

    def __str__(self) -> str:
        return f"{self.iata} {self.name}"
