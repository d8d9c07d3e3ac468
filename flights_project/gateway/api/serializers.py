from typing import Any

from django.contrib.auth.password_validation import validate_password
from rest_framework import serializers

from flights_project.gateway.models import User
from flights_project.gateway.services import EmailTaken, sign_up


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
