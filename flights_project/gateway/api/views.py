from rest_framework.generics import CreateAPIView
from rest_framework.permissions import AllowAny
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from flights_project.gateway.api.serializers import SignupSerializer, TokenSerializer
from flights_project.gateway.models import User


class SignupView(CreateAPIView[User]):
    """A new traveller."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = SignupSerializer
    throttle_scope = "login"


class TokenView(TokenObtainPairView):
    """An access and a refresh token for an e-mail address and password."""

    serializer_class = TokenSerializer
    throttle_scope = "login"


class RefreshView(TokenRefreshView):
    """A new access token."""

    throttle_scope = "login"
