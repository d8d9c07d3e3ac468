from dataclasses import asdict

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.views import TokenObtainPairView, TokenViewBase

from flights_project.gateway import tokens
from flights_project.gateway.api.serializers import (
    RefreshSerializer,
    SignupSerializer,
    TokenSerializer,
    TokensSerializer,
)
from flights_project.gateway.models import User


class SignupView(CreateAPIView[User]):
    """A new traveller."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = SignupSerializer
    throttle_scope = "login"


@extend_schema(responses=TokensSerializer)
class TokenView(TokenObtainPairView):
    """An access and a refresh token for an e-mail address and password."""

    serializer_class = TokenSerializer
    throttle_scope = "login"


class RefreshTokenView(TokenViewBase):
    """Does something with the refresh token that was sent."""

    serializer_class = RefreshSerializer
    throttle_scope = "login"

    def sent_token(self, request: Request) -> str:
        sent = self.get_serializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return str(sent.validated_data["refresh"])


class RefreshView(RefreshTokenView):
    """New tokens for a refresh token, which cannot be used again. Used twice, it ends the log-in for everybody."""

    @extend_schema(responses=TokensSerializer)
    def post(self, request: Request) -> Response:
        try:
            fresh = tokens.refresh(token=self.sent_token(request), now=timezone.now())
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        return Response(asdict(fresh))


class LogOutView(RefreshTokenView):
    """Ends the log-in that a refresh token belongs to, with its access tokens."""

    @extend_schema(responses={204: None})
    def post(self, request: Request) -> Response:
        try:
            tokens.log_out(token=self.sent_token(request))
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        return Response(status=status.HTTP_204_NO_CONTENT)
