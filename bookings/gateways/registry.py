from django.conf import settings

from bookings.exceptions import GatewayUnknown
from bookings.gateways.base import PaymentGateway
from bookings.gateways.sandbox import SandboxGateway

GATEWAYS: dict[str, type[PaymentGateway]] = {"sandbox": SandboxGateway}


def open_gateways() -> list[str]:
    """Names of the gateways that this deployment takes payments by, the preferred first."""
    return [name for name in settings.PAYMENT_GATEWAYS if name in GATEWAYS]


def gateway_named(name: str) -> PaymentGateway:
    """Raises GatewayUnknown where `PAYMENT_GATEWAYS` does not name it."""
    if name not in open_gateways():
        raise GatewayUnknown
    return GATEWAYS[name]()
