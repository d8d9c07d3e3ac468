from dataclasses import asdict
from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.serializers import TokenObtainSerializer

from flights_project.gateway.api.bodies import Body, ModelBody, ReadsStrictly, TextField
from flights_project.gateway.limits import Calls
from flights_project.gateway.models import User
from flights_project.gateway.services import sign_up
from flights_project.gateway.throttles import count_attempt
from flights_project.gateway.tokens import log_in


class SignupSerializer(ModelBody[User]):
    email = serializers.EmailField(max_length=254)
    password = TextField(write_only=True, max_length=128, style={"input_type": "password"})
    first_name = TextField(max_length=100)
    last_name = TextField(max_length=100)

    class Meta:
        model = User
        fields = ["email", "password", "first_name", "last_name"]

    def validate_password(self, password: str) -> str:
        validate_password(password)
        return password

    def create(self, validated_data: dict[str, Any]) -> User:
        return sign_up(**validated_data)


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`; it lasts a quarter of an hour.")
    refresh = serializers.CharField(help_text="Opens the next access token, once. Keep it as you keep a password.")


class RefreshSerializer(Body):
    refresh = TextField(max_length=4000)


class TokenSerializer(ReadsStrictly, TokenObtainSerializer):
    """Who has set up a second factor sends its code too; staff must have one, as on the desk."""

    otp = TextField(required=False, write_only=True, max_length=20, help_text="Code of the second factor.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # No address is longer, and attempts are counted by it.
        self.fields[self.username_field] = TextField(write_only=True, max_length=254)

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        count_attempt(Calls.LOGIN, attrs[self.username_field])
        super().validate(attrs)
        self._check_second_factor(attrs.get("otp", ""))
        return asdict(log_in(user=cast("User", self.user), now=timezone.now()))

    def _check_second_factor(self, code: str) -> None:
        factors = list(Authenticator.objects.filter(user=self.user))
        is_staff = self.user is not None and self.user.is_staff
        if not factors and not (is_staff and settings.STAFF_SECOND_FACTOR):
            return
        if not any(factor.wrap().validate_code(code) for factor in factors if factor.type in CODES):
            raise AuthenticationFailed("Send the code of your second factor as otp.", code="second_factor_required")


CODES = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
