"""Settings fail loudly: a deployment that would be unsafe does not start."""

import os
import subprocess
import sys

import pytest

PRODUCTION = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "x" * 50,
    "DATABASE_URL": "postgres://flights@localhost/flights",
    "REDIS_URL": "redis://localhost",
    "ALLOWED_HOSTS": "fly.example.com",
    "SITE_URL": "https://fly.example.com",
}


def start_with(**changes):
    environment = {name: value for name, value in (PRODUCTION | changes).items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", "import flights_project.settings"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_production_deployment_starts():
    assert start_with().returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "SITE_URL"])
def test_what_it_needs_must_be_there(name):
    started = start_with(**{name: None})

    assert started.returncode != 0
    assert name in started.stderr


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"SITE_URL": "http://fly.example.com"}, "must be https"),
        ({"RATE_LIMITS": "off"}, "production keeps its limits"),
        ({"PAYMENT_GATEWAYS": "sandbox"}, "tickets for no money"),
        ({"STAFF_SECOND_FACTOR": "off"}, "second factor"),
    ],
)
def test_what_only_a_demo_may_is_refused(changes, says):
    assert says in start_with(**changes).stderr
    assert start_with(**changes, DEMO="on").returncode == 0


STRIPE = {
    "PAYMENT_GATEWAYS": "stripe",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
}


def test_stripe_is_open_with_its_keys():
    assert start_with(**STRIPE).returncode == 0


@pytest.mark.parametrize("name", ["STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_stripe_needs_its_keys(name):
    assert name in start_with(**STRIPE | {name: ""}).stderr


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"STRIPE_SECRET_KEY": "sk_test_x"}, "tickets for no money"),
        ({"STRIPE_API_BASE": "http://localhost:1"}, "is for tests"),
    ],
)
def test_stripe_takes_real_money_outside_a_demo(changes, says):
    assert says in start_with(**STRIPE | changes).stderr
    assert start_with(**STRIPE | changes, DEMO="on").returncode == 0


@pytest.mark.parametrize(("currency", "starts"), [("JPY", True), ("KWD", False)])
def test_a_currency_with_more_decimals_than_are_kept_is_refused(currency, starts):
    assert (start_with(CURRENCY=currency).returncode == 0) is starts
