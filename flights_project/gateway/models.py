"""Who calls: people, the keys of integrators' programs, and the requests they must be able to repeat."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower, Now, Upper
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
        indexes = [models.Index(Upper("email"), name="user_email_any_case")]
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
    """A key of an integrator's program. The secret is shown once and kept as a hash.

    After a rotation the secret before still opens until `previous_until`, so that a program can be given the new one.
    """

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
    networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        blank=True,
        verbose_name=_("networks"),
        help_text=_("Where it may be used from, such as 203.0.113.0/24, with commas between; empty for anywhere."),
    )
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    previous_until = models.DateTimeField(_("old secret works until"), null=True, editable=False)
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

    def clean(self) -> None:
        for network in self.networks:
            try:
                ip_network(network)
            except ValueError as error:
                raise ValidationError({"networks": _("%s is no network.") % network}) from error

    @classmethod
    def issue(
        cls,
        *,
        owner: User,
        name: str,
        scopes: list[str] | None = None,
        expires_at: datetime | None = None,
        networks: Sequence[str] = (),
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
            networks=list(networks),
        )
        return key, f"{prefix}.{secret}"

    def rotate(self, *, now: datetime) -> str:
        """A new secret, which is returned and cannot be shown again; the old one works for `API_KEY_OVERLAP` more.

        A secret that was replaced before ends at once: there are never more than two.
        """
        secret = secrets.token_urlsafe(32)
        with transaction.atomic():
            key = ApiKey.objects.select_for_update(no_key=True).get(pk=self.pk)
            key.previous_hash, key.secret_hash = key.secret_hash, self.hash_secret(secret)
            key.previous_until = now + settings.API_KEY_OVERLAP
            key.save(update_fields=["previous_hash", "previous_until", "secret_hash"])
        return f"{key.prefix}.{secret}"

    def opens(self, secret: str, now: datetime) -> bool:
        """Whether `secret` is this key's, or was until a rotation not long ago; compared in constant time."""
        hashed = self.hash_secret(secret)
        is_current = hmac.compare_digest(self.secret_hash, hashed)
        was_current = hmac.compare_digest(self.previous_hash, hashed)
        return is_current or (was_current and self.previous_until is not None and now < self.previous_until)

    def may_come_from(self, address: str) -> bool:
        if not self.networks:
            return True
        try:
            caller = ip_address(address)
        except ValueError:
            return False
        return any(caller in ip_network(network) for network in self.networks)

    @staticmethod
    def hash_secret(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class LogIn(models.Model):
    """Somebody logged in by the API, and the one refresh token of this log-in that has not been used yet.

    To end a log-in is to delete its row: its access tokens end with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(User, models.CASCADE, related_name="log_ins")
    refresh_id = models.CharField(max_length=32)
    password_mark = models.CharField(max_length=128, help_text=_("Another password, another mark."))
    started_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("log-in")
        indexes = [models.Index(fields=["expires_at"], name="log_in_expires_at")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.pk}"

    @property
    def stands(self) -> bool:
        """Whether the account is still open, with the password that was given."""
        return self.user.is_active and hmac.compare_digest(self.password_mark, self.user.get_session_auth_hash())


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
