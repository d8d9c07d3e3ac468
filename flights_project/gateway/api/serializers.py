from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer

from flights_project.gateway.limits import Calls
from flights_project.gateway.models import User
from flights_project.gateway.services import EmailTaken, sign_up
from flights_project.gateway.throttles import count_attempt


class SignupSerializer(serializers.ModelSerializer[User]):
    password = serializers.CharField(write_only=True, max_length=128, style={"input_type": "password"})
    first_name = serializers.CharField(max_length=100)
    last_name = serializers.CharField(max_length=100)

    class Meta:
        model = User
        fields = ["email", "password", "first_name", "last_name"]

    def validate_password(self, password: str) -> str:
        validate_password(password)
        return password

    def create(self, validated_data: dict[str, Any]) -> User:
        try:
            return sign_up(**validated_data)
        except EmailTaken as error:
            raise serializers.ValidationError({"email": [str(error)]}) from error


class TokenSerializer(TokenObtainPairSerializer):
    """Who has set up a second factor sends its code too; staff must have one, as on the desk."""

    otp = serializers.CharField(required=False, write_only=True, max_length=20, help_text="Code of the second factor.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        count_attempt(Calls.LOGIN, attrs[self.username_field])
        tokens = super().validate(attrs)
        self._check_second_factor(attrs.get("otp", ""))
        return tokens

    def _check_second_factor(self, code: str) -> None:
        factors = list(Authenticator.objects.filter(user=self.user))
        is_staff = self.user is not None and self.user.is_staff
        if not factors and not (is_staff and settings.STAFF_SECOND_FACTOR):
            return
        if not any(factor.wrap().validate_code(code) for factor in factors if factor.type in CODES):
            raise AuthenticationFailed("Send the code of your second factor as otp.", code="second_factor_required")


CODES = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
