"""Who calls: people, the keys of integrators' programs, and the requests they must be able to repeat."""

import hashlib
import secrets
from datetime import datetime
from typing import Any, ClassVar

import orjson
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who logs in with `email`. Raises IntegrityError where the address is taken in any case."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by an e-mail address: traveller, staff, or the owner of an integration."""

    INTEGRATOR_GROUP = "integrator"

    email = models.EmailField(_("e-mail"), unique=True)
    first_name = models.CharField(_("given name"), max_length=100, blank=True)
    last_name = models.CharField(_("family name"), max_length=100, blank=True)
    language = models.CharField(
        _("language"), max_length=10, default="en", help_text=_("Of messages and tickets: a code of LANGUAGES.")
    )
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May enter the staff desk."))
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Switch off instead of deleting an account.")
    )
    date_joined = models.DateTimeField(_("joined"), db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once_in_any_case",
                violation_error_message=_("There is already an account with this e-mail address."),
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email


class ApiKey(models.Model):
    """A key of an integrator's program. The secret is shown once and kept as a hash."""

    class Scope(models.TextChoices):
        SEARCH = "search", _("search")
        BOOK = "book", _("book")
        MANAGE = "manage", _("manage")
        EVENTS = "events", _("events")

    owner = models.ForeignKey(User, models.CASCADE, related_name="api_keys", verbose_name=_("owner"))
    name = models.CharField(_("name"), max_length=100, help_text=_("What uses it."))
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices), verbose_name=_("scopes"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(
        cls, *, owner: User, name: str, scopes: list[str] | None = None, expires_at: datetime | None = None
    ) -> tuple["ApiKey", str]:
        """Make a key; returns it with the text that the caller keeps, which nobody can show again.

        The secret has 256 random bits, so one round of SHA-256 keeps it safe: there is nothing to guess.
        """
        prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        key = cls.objects.create(
            owner=owner,
            name=name,
            prefix=prefix,
            secret_hash=cls.hash_secret(secret),
            scopes=cls.Scope.values if scopes is None else scopes,
            expires_at=expires_at,
        )
        return key, f"{prefix}.{secret}"

    @staticmethod
    def hash_secret(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class IdempotencyRecord(models.Model):
    """One request of a caller that costs money or seats, and its answer, so that a retry is answered the same."""

    caller = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text=_("Hash of method, path and body."))
    started_at = models.DateTimeField()
    attempt = models.UUIDField(help_text=_("Who runs it: a later attempt takes it from one that died."))
    status = models.PositiveSmallIntegerField(null=True, help_text=_("HTTP status of the answer, once there is one."))
    body = models.TextField(blank=True, help_text=_("The answer as it was sent."))

    class Meta:
        verbose_name = _("idempotency record")
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once_per_caller"),
        ]
        indexes = [models.Index(fields=["started_at"], name="idempotency_started_at")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"

    @property
    def answer(self) -> Any:
        """What was answered; only where `status` is set."""
        return orjson.loads(self.body)
