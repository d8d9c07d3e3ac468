"""Settings of Flights: one file, from the environment, failing loudly where something is missing.

`make run` and `make test` provide the environment of one machine (`flights_project.local`); a production
deployment sets it itself, see `docs/architecture/running.md`.
"""

import logging
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
import pghistory
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from flights_project.lib.money import MINOR_DIGITS_KEPT, minor_digits

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Who and where -------------------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
"""A demonstration: plain http, demo accounts, a mailbox instead of mail. Never a production deployment."""
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SITE_URL = env.str("SITE_URL").rstrip("/")
"""Where travellers find us, used in e-mails: `https://fly.example.com`."""

HTTPS = urlsplit(SITE_URL).scheme == "https"
if not (HTTPS or DEMO):
    raise ImproperlyConfigured("SITE_URL must be https; plain http is only for DEMO=on.")

RATE_LIMITS = env.bool("RATE_LIMITS", default=True)
if not (RATE_LIMITS or DEMO):
    raise ImproperlyConfigured("RATE_LIMITS=off is for load tests of a demo; production keeps its limits.")

# --- The airline ----------------------------------------------------------------------------------------------------

AIRLINE_NAME = env.str("AIRLINE_NAME", default="Kestrel Air")
AIRLINE_CODE = env.str("AIRLINE_CODE", default="KV")
"""IATA designator, the first two characters of a flight number."""
AIRLINE_ZONE = env.str("AIRLINE_ZONE", default="Asia/Kolkata")
"""IANA zone of the airline's home, where its day begins."""
if AIRLINE_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"AIRLINE_ZONE={AIRLINE_ZONE} is no zone of the IANA's.")
AIRLINE_ACCOUNTING_CODE = env.str("AIRLINE_ACCOUNTING_CODE", default="897")
"""IATA three-digit code, the first three digits of a ticket number."""
CURRENCY = env.str("CURRENCY", default="INR")
"""The one selling currency of this deployment, ISO 4217."""
if minor_digits(CURRENCY) > MINOR_DIGITS_KEPT:
    raise ImproperlyConfigured(f"CURRENCY={CURRENCY} has more decimals than amounts are kept with.")

# --- What is sold ----------------------------------------------------------------------------------------------------

SALE_CLOSES_BEFORE_DEPARTURE = timedelta(minutes=env.int("SALE_CLOSES_MINUTES", default=45))
SEAT_CHOICE_CLOSES_BEFORE_DEPARTURE = timedelta(minutes=env.int("SEAT_CHOICE_CLOSES_MINUTES", default=60))
TRAVELLERS_PER_BOOKING = env.int("TRAVELLERS_PER_BOOKING", default=9)
BOOKINGS_PER_USER_PER_QUARTER = (
    env.int("BOOKINGS_PER_USER_PER_QUARTER", default=5)
    if env.str("BOOKINGS_PER_USER_PER_QUARTER", default="5")
    else None
)
"""Live or flown bookings a traveller may make in a calendar quarter; empty for no limit. Integrators have none."""
OPEN_HOLDS_PER_USER = env.int("OPEN_HOLDS_PER_USER", default=4)
OPEN_HOLDS_PER_ADDRESS = env.int("OPEN_HOLDS_PER_ADDRESS", default=30)
"""Unpaid holds at a time, of one traveller and from one network address; off with RATE_LIMITS."""
UNPAID_MAILS_PER_HOUR = env.int("UNPAID_MAILS_PER_HOUR", default=3)
"""What one address that its account has not confirmed is sent of unpaid bookings; off with RATE_LIMITS."""
PRICE_ALERTS_PER_USER = env.int("PRICE_ALERTS_PER_USER", default=20)
"""Prices that one traveller may follow at a time."""
OFFER_LIFETIME = timedelta(minutes=env.int("OFFER_MINUTES", default=30))
HOLD_LIFETIME = timedelta(minutes=env.int("HOLD_MINUTES", default=20))
"""How long an unpaid hold keeps its seats (`payment_required_by`)."""
PRICE_GUARANTEE = timedelta(minutes=env.int("PRICE_GUARANTEE_MINUTES", default=15))
"""How long an unpaid hold keeps its price (`price_guaranteed_until`)."""
SEAT_ORDER_LIFETIME = timedelta(minutes=env.int("SEAT_ORDER_MINUTES", default=10))
"""How long seats that are chosen after the tickets were issued are kept until they are paid."""
FARE_CHANGE_PREVIEW_LIFETIME = timedelta(minutes=env.int("FARE_CHANGE_PREVIEW_MINUTES", default=60))
"""How long a previewed change of many fares can be applied."""
CANCELLATION_QUOTE_LIFETIME = timedelta(minutes=env.int("CANCELLATION_QUOTE_MINUTES", default=15))

# --- Schedules and the day of a flight -------------------------------------------------------------------------------

SCHEDULE_HORIZON = timedelta(days=env.int("SCHEDULE_HORIZON_DAYS", default=120))
"""How far ahead schedules make flights."""
SCHEDULE_CHANGE_TOLD = timedelta(minutes=env.int("SCHEDULE_CHANGE_TOLD_MINUTES", default=5))
"""Travellers are told where a change of the schedule moves their flight by so much or more."""
TURNAROUND = timedelta(minutes=env.int("TURNAROUND_MINUTES", default=45))
"""The least time on the ground of an airplane whose type says nothing."""
MOVED_MUCH = timedelta(minutes=env.int("MOVED_MUCH_MINUTES", default=60))
"""A flight that leaves so much earlier or later gives its travellers the choices of one that was cancelled."""
REBOOK_EARLIER_AT_MOST = timedelta(minutes=env.int("REBOOK_EARLIER_MINUTES", default=60))
REBOOK_DAYS_LATER = env.int("REBOOK_DAYS_LATER", default=2)
"""Where other flights are looked for: so much before the booked departure, until the end of so many days after its."""
CHECK_IN_OPENS_BEFORE_DEPARTURE = timedelta(hours=env.int("CHECK_IN_OPENS_HOURS", default=48))
REMINDER_BEFORE_DEPARTURE = timedelta(hours=env.int("REMINDER_HOURS", default=24))
LAST_CALL_BEFORE_DEPARTURE = timedelta(hours=env.int("LAST_CALL_HOURS", default=3))
CHECK_IN_CLOSES_BEFORE_DEPARTURE = timedelta(minutes=env.int("CHECK_IN_CLOSES_MINUTES", default=60))
if not (
    CHECK_IN_OPENS_BEFORE_DEPARTURE
    > REMINDER_BEFORE_DEPARTURE
    > LAST_CALL_BEFORE_DEPARTURE
    > CHECK_IN_CLOSES_BEFORE_DEPARTURE
):
    raise ImproperlyConfigured(
        "CHECK_IN_OPENS_HOURS, REMINDER_HOURS, LAST_CALL_HOURS and CHECK_IN_CLOSES_MINUTES come in this order."
    )

# --- Payment ---------------------------------------------------------------------------------------------------------

PAYMENT_GATEWAYS = env.list("PAYMENT_GATEWAYS", default=[])
"""Names of the gateways open for payment, the first is offered first. `sandbox` takes no money."""
if "sandbox" in PAYMENT_GATEWAYS and not DEMO:
    raise ImproperlyConfigured("The sandbox gateway issues tickets for no money; only DEMO=on may name it.")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
"""Another address is for tests, against a server that answers as Stripe does."""
if "stripe" in PAYMENT_GATEWAYS:
    for name in ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"):
        if not globals()[name]:
            raise ImproperlyConfigured(f"PAYMENT_GATEWAYS names stripe, which needs {name}.")
    if not DEMO and "_test_" in STRIPE_SECRET_KEY + STRIPE_PUBLISHABLE_KEY:
        raise ImproperlyConfigured("Stripe's test keys issue tickets for no money; only DEMO=on may use them.")
    if not DEMO and STRIPE_API_BASE != "https://api.stripe.com":
        raise ImproperlyConfigured("STRIPE_API_BASE is for tests; only DEMO=on may set it.")
SANDBOX_SLOW_ANSWER = HOLD_LIFETIME + timedelta(seconds=30)
"""How long the sandbox takes to answer for `tok_slow`: until after the hold would have ended."""
SANDBOX_LATE_ANSWER = timedelta(seconds=15)
"""And for `tok_late`: after the request was answered, and before the truth is first asked for."""
SANDBOX_CHALLENGE_LIFETIME = timedelta(minutes=10)

# --- Applications ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "flights_project.gateway",
    "airlines",
    "bookings",
    "notifications",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "flights_project.gateway.apps.StaffSite",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "corsheaders",
    "csp",
    "django.forms",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "pghistory",
    "pgtrigger",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "flights_project.gateway.metrics.RequestMetrics",
    "flights_project.gateway.middleware.RequestLog",
    "flights_project.gateway.middleware.RequestIdHeader",
    "flights_project.gateway.bodies.BodyLimit",
    "flights_project.gateway.middleware.RateLimitHeaders",
    "flights_project.gateway.middleware.ApiConditionalGet",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "flights_project.gateway.languages.PageLanguage",
    "django.middleware.common.CommonMiddleware",
    "flights_project.gateway.middleware.StillTooMany",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "flights_project.gateway.history.RequestHistory",
]

ROOT_URLCONF = "flights_project.urls"
WSGI_APPLICATION = "flights_project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "flights_project.gateway.context_processors.airline",
                "notifications.context_processors.inbox",
            ],
            "builtins": ["flights_project.gateway.templatetags.flights"],
        },
    }
]

# --- Database, cache, broker ----------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "flights_project.lib.postgresql",
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PGHISTORY_APPEND_ONLY = True
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

REDIS_URL = env.str("REDIS_URL")
REDIS_OPTIONS = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 1)}
"""A request waits a second for Redis at most; the library's own default would be tries for half a minute."""
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "flights",
        "OPTIONS": REDIS_OPTIONS,
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 30,
    # A task whose worker died is given to another after this: longer than a task may take.
    "visibility_timeout": 180,
    # Queues are emptied in the order in which the worker names them: the urgent one first.
    "queue_order_strategy": "priority",
}
CELERY_TASK_DEFAULT_QUEUE = "ordinary"
CELERY_TASK_ROUTES = {
    "bookings.tasks.settle_payments": {"queue": "urgent"},
    "bookings.tasks.expire_holds": {"queue": "urgent"},
    "notifications.tasks.deliver_messages": {"queue": "urgent"},
    "airlines.tasks.refresh_lows": {"queue": "patient"},
    "bookings.tasks.reconcile": {"queue": "patient"},
    "bookings.tasks.write_reports": {"queue": "patient"},
    "airlines.tasks.make_flights": {"queue": "patient"},
    "flights_project.gateway.tasks.forget_idempotency_keys": {"queue": "patient"},
    "notifications.tasks.forget_events": {"queue": "patient"},
    # With a process of its own: whoever waits for other people's machines keeps nobody else waiting.
    "notifications.tasks.deliver_webhooks": {"queue": "webhooks"},
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "expire holds": {"task": "bookings.tasks.expire_holds", "schedule": 15},
    "settle payments": {"task": "bookings.tasks.settle_payments", "schedule": 10},
    "pay refunds": {"task": "bookings.tasks.pay_refunds", "schedule": 30},
    "carry out rebookings": {"task": "bookings.tasks.carry_out_rebookings", "schedule": 15},
    "remind travellers": {"task": "bookings.tasks.remind_travellers", "schedule": 60},
    "refresh lowest prices": {"task": "airlines.tasks.refresh_lows", "schedule": 10},
    "tell of prices": {"task": "airlines.tasks.tell_of_prices", "schedule": 300},
    "deliver messages": {"task": "notifications.tasks.deliver_messages", "schedule": 20},
    "reprice what was taken": {"task": "airlines.tasks.reprice_taken", "schedule": 5},
    "reprice what comes close": {"task": "airlines.tasks.reprice_entering_bands", "schedule": 60},
    "reprice everything": {"task": "airlines.tasks.reprice_everything", "schedule": crontab(minute=7)},
    "deliver webhooks": {"task": "notifications.tasks.deliver_webhooks", "schedule": 2},
    "forget events": {"task": "notifications.tasks.forget_events", "schedule": crontab(minute=47)},
    "forget previews of fares": {"task": "airlines.tasks.forget_fare_previews", "schedule": crontab(hour=3, minute=5)},
    "write lists": {"task": "bookings.tasks.write_reports", "schedule": 60},
    "forget lists": {"task": "bookings.tasks.forget_reports", "schedule": crontab(minute=37)},
    "make flights": {"task": "airlines.tasks.make_flights", "schedule": crontab(minute=37)},
    "reconcile": {"task": "bookings.tasks.reconcile", "schedule": crontab(hour=2, minute=40)},
    "forget idempotency keys": {
        "task": "flights_project.gateway.tasks.forget_idempotency_keys",
        "schedule": crontab(minute=17),
    },
    "forget log-ins": {"task": "flights_project.gateway.tasks.forget_log_ins", "schedule": crontab(hour=3, minute=7)},
}
if "sandbox" in PAYMENT_GATEWAYS:
    CELERY_BEAT_SCHEDULE["play the sandbox"] = {"task": "bookings.tasks.play_sandbox", "schedule": 5}
CELERY_BEAT_SCHEDULE = {
    # A round that no worker took before the next one is due is dropped: an outage leaves no pile behind it.
    name: entry | {"options": {"expires": entry["schedule"]}} if isinstance(entry["schedule"], int) else entry
    for name, entry in CELERY_BEAT_SCHEDULE.items()
}

# --- People ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "gateway.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=not DEMO)
"""Staff reach the admin only after a second factor (TOTP or a recovery code)."""
if not (STAFF_SECOND_FACTOR or DEMO):
    raise ImproperlyConfigured("Staff need a second factor outside a demo.")

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "trips"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "notifications.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "flights_project.gateway.forms.SignupForm"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_URL).scheme
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {} if RATE_LIMITS else False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "flights_project.gateway.passkeys.AddPasskeyForm"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = False  # it would write with every page
MFA_TOTP_ISSUER = AIRLINE_NAME

# --- API ------------------------------------------------------------------------------------------------------------

RATES: dict[str, str] = {
    name: env.str(f"RATE_{name}".upper(), default=rate)
    for name, rate in {
        "search_address": "300/min",
        "search_user": "600/min",
        "search_key": "6000/min",
        "booking_address": "60/min",
        "booking_user": "60/min",
        "booking_key": "6000/min",
        "login_address": "20/min",
        "login_name": "10/min",
        "lookup_address": "10/min",
        "lookup_name": "10/hour",
        "lookup_family": "120/hour",
        "other_address": "300/min",
        "other_user": "600/min",
        "other_key": "6000/min",
    }.items()
}
"""For each class of calls and kind of caller, `20/min` or `20/min burst 5` (`flights_project.gateway.limits`)."""
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "flights_project.gateway.authentication.ApiKeyAuthentication",
        "flights_project.gateway.authentication.BearerAuthentication",
        "flights_project.gateway.authentication.BrowserSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "flights_project.gateway.permissions.HasScope",
    ],
    "DEFAULT_PARSER_CLASSES": ["flights_project.gateway.wire.OrjsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["flights_project.gateway.wire.OrjsonRenderer"],
    "DEFAULT_SCHEMA_CLASS": "flights_project.gateway.schema.ContractSchema",
    "DEFAULT_PAGINATION_CLASS": "flights_project.gateway.pagination.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["flights_project.gateway.throttles.CallerThrottle"],
    "EXCEPTION_HANDLER": "flights_project.api.problem_response",
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Flights API",
    "DESCRIPTION": "Search, hold, pay and manage flights. Errors are RFC 9457 problem documents with a stable `code`. "
    "[A guide](/api/v1/guide/) leads from a first key to webhooks, with a sandbox for what seldom happens.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": True, "displayRequestDuration": True},
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "FlightStatusEnum": "airlines.models.Flight.Status",
        "EventTypeEnum": "notifications.models.EventType",
        "PassengerTypeEnum": "bookings.models.Passenger.Type",
        "BookingStatusEnum": "bookings.models.Booking.Status",
        "ItineraryChangeStatusEnum": "bookings.models.ItineraryChange.Status",
        "ItineraryChangeChoiceEnum": "bookings.models.ItineraryChange.Choice",
        "WebhookEndpointStatusEnum": "notifications.models.WebhookEndpoint.Status",
        "WebhookDeliveryStatusEnum": "notifications.models.WebhookDelivery.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "flights_project.contract.complete",
    ],
}
API_KEY_OVERLAP = timedelta(hours=env.int("API_KEY_OVERLAP_HOURS", default=72))
"""How long a rotated key's old secret goes on working."""
IDEMPOTENCY_KEYS_KEPT = timedelta(hours=72)
IDEMPOTENCY_ABANDONED_AFTER = timedelta(seconds=60)
"""A request that still runs after this long has died with its worker; its key may be used again."""

# --- Search --------------------------------------------------------------------------------------------------------

CONNECTION_MINUTES = {"DD": 45, "DI": 90, "ID": 90, "II": 75}
"""The least time between two flights at an airport, by domestic and international in and out; the desk's connection
times say otherwise for an airport."""
AIRPORT_CHANGE_MINUTES = env.int("AIRPORT_CHANGE_MINUTES", default=240)
"""The least time between landing at one airport of a city and leaving from another of it."""
LONGEST_CONNECTION = timedelta(hours=env.int("LONGEST_CONNECTION_HOURS", default=12))
DETOUR_FACTOR = env.float("DETOUR_FACTOR", default=1.5)
DETOUR_KM = env.int("DETOUR_KM", default=400)
"""A journey with connections flies DETOUR_FACTOR times the great circle and DETOUR_KM more, at most."""
NEARBY_KM = env.int("NEARBY_KM", default=120)
"""How far from a place the airports are that a search with nearby airports takes too."""
SEARCH_PAGE_SIZE = env.int("SEARCH_PAGE_SIZE", default=50)
SEARCH_TIMEOUT = timedelta(milliseconds=env.int("SEARCH_TIMEOUT_MS", default=2000))
"""How long PostgreSQL may take for a search's statement."""
REFERENCE_CHECKED_EVERY = timedelta(milliseconds=env.int("REFERENCE_CHECK_MS", default=500))
"""How old a process's copy of the network, fare families and tax rules may be before it asks whether they changed."""
SEARCH_CACHE_BYTES = env.int("SEARCH_CACHE_MB", default=64) * 2**20
"""Of answers that each web process keeps; 0 keeps none."""
SEARCH_KEPT_FOR = timedelta(seconds=env.float("SEARCH_KEPT_SECONDS", default=10))
"""No answer is kept for longer, whatever became of the announcement of a change."""

# --- The live price stream -----------------------------------------------------------------------------------------

STREAM_URL = env.str("STREAM_URL", default="").rstrip("/")
"""Where the process `stream` is reached: `http://localhost:8001`. Empty where a proxy passes `/stream/` on to it."""
STREAM_FLIGHTS = env.int("STREAM_FLIGHTS", default=100)
STREAMS_PER_ADDRESS = env.int("STREAMS_PER_ADDRESS", default=50)
"""Open at a time from one network address; off with RATE_LIMITS."""
STREAMS_PER_PROCESS = env.int("STREAMS_PER_PROCESS", default=10_000)

# --- Events and webhooks ---------------------------------------------------------------------------------------------

EVENTS_KEPT = timedelta(days=env.int("EVENTS_DAYS", default=30))
"""How long integrators can read an event, and see how it was delivered."""
WEBHOOK_SECRET_OVERLAP = timedelta(hours=env.int("WEBHOOK_SECRET_OVERLAP_HOURS", default=24))
"""How long the secret before signs beside a new one."""
WEBHOOK_ENDPOINTS_PER_INTEGRATOR = env.int("WEBHOOK_ENDPOINTS_PER_INTEGRATOR", default=10)
WEBHOOK_PRIVATE_ADDRESSES = env.bool("WEBHOOK_PRIVATE_ADDRESSES", default=DEMO)
"""Whether webhooks may go to this machine itself (loopback), and over plain http: to try them out."""
if WEBHOOK_PRIVATE_ADDRESSES and not DEMO:
    raise ImproperlyConfigured(
        "WEBHOOK_PRIVATE_ADDRESSES would let integrators call our own machine; it is for DEMO=on."
    )

# --- Mail -----------------------------------------------------------------------------------------------------------

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://localhost:25")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
if DEMO:
    EMAIL_BACKEND = "notifications.mailbox.MailboxBackend"
MESSAGE_CHANNELS = {
    "email": "notifications.channels.email.EmailChannel",
    "inbox": "notifications.channels.inbox.InboxChannel",
    "sms": env.str("SMS_CHANNEL", default="notifications.channels.sms.ConsoleSms" if DEMO else ""),
}
"""What carries messages; an empty one is closed. `ConsoleSms` writes text messages to the log."""
MESSAGE_ENCLOSURES = "bookings.services.enclosures.enclose"
"""What makes the files that go with a message, of the names that `notifications/kinds.py` uses."""
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{AIRLINE_NAME} <travel@{urlsplit(SITE_URL).hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Pages ----------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("hi", "हिंदी")]
"""Each by its own name. Pages, messages and files are whole in all of them; the desk and the API are English."""
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["flights_project.formats"]
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str("STATICFILES_STORAGE", default="whitenoise.storage.CompressedManifestStaticFilesStorage")
    },
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
FORM_RENDERER = "flights_project.gateway.forms.FlightsFormRenderer"

# --- Safety ---------------------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
"""Of a body without files: JSON, a form."""
UPLOAD_MAX_SIZE = env.int("UPLOAD_MAX_MB", default=10) * 2**20
"""Of a form with its files."""
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
"""Web sites whose scripts may call the API with a token of their own, such as `https://shop.example.com`."""
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match"]
CORS_EXPOSE_HEADERS = ["etag", "idempotency-replayed", "retry-after", "x-request-id"]
CORS_PREFLIGHT_MAX_AGE = 600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, *([STREAM_URL] if STREAM_URL else [])],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [SELF],
        "object-src": [NONE],
    },
}

# --- Metrics --------------------------------------------------------------------------------------------------------

METRICS_ALLOWED = env.list("METRICS_ALLOWED", default=["127.0.0.0/8", "::1/128"] if DEMO else [])
"""Networks that may read `/metrics`, such as `10.0.0.0/8`; nobody else learns that it is there."""
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
"""Whoever sends it (`Authorization: Bearer …`) may read `/metrics` from anywhere; empty for nobody."""
for network in METRICS_ALLOWED:
    try:
        ip_network(network)
    except ValueError as error:
        raise ImproperlyConfigured(f"METRICS_ALLOWED: {error}") from None

# --- Logs -----------------------------------------------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="console" if DEMO else "json")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_NOTICE_LOG_LEVEL = logging.INFO
"""A round that nobody took before the next was due is dropped on purpose: nobody has to look into it."""
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = False
LOGGING_CONFIG = "flights_project.lib.logs.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}

# --- The staff desk -------------------------------------------------------------------------------------------------

REPORT_LIFETIME = timedelta(hours=env.int("REPORT_HOURS", default=24))
"""So long a list that staff have asked for can be taken away."""
DESK_LINKS = [
    (_("Today"), "today", "admin:index", ""),
    (_("Book for a traveller"), "add_circle", "admin:bookings_booking_hold", "bookings.hold_booking"),
    (_("Load and revenue"), "monitoring", "admin:bookings_revenue", "bookings.revenue_report"),
]
"""What the navigation begins with: title, Material symbol, page, and the permission that it takes."""
DESK_PAGES = [
    (
        _("Flights and bookings"),
        {
            "airlines.flight": "flight",
            "bookings.booking": "luggage",
            "bookings.coupon": "airline_seat_recline_normal",
            "bookings.report": "download",
        },
    ),
    (
        _("Money"),
        {
            "bookings.payment": "payments",
            "bookings.refund": "undo",
            "bookings.ticket": "confirmation_number",
            "bookings.reconciliation": "balance",
        },
    ),
    (_("Planning"), {"airlines.schedule": "calendar_month"}),
    (
        _("Prices"),
        {
            "airlines.flightfare": "sell",
            "airlines.farechange": "price_change",
            "airlines.pricingrule": "trending_up",
            "airlines.farefamily": "style",
            "airlines.taxrule": "percent",
        },
    ),
    (
        _("Network"),
        {
            "airlines.city": "location_city",
            "airlines.airport": "connecting_airports",
            "airlines.connectiontime": "transfer_within_a_station",
            "airlines.airplanetype": "flight_class",
            "airlines.airplane": "airlines",
            "airlines.seat": "event_seat",
        },
    ),
    (
        _("People"),
        {"gateway.user": "person", "auth.group": "groups", "gateway.apikey": "key"},
    ),
    (_("Messages"), {"notifications.message": "mail", "notifications.refusal": "unsubscribe"}),
    (
        _("Integrators"),
        {
            "notifications.webhookendpoint": "webhook",
            "notifications.webhookdelivery": "outbound",
            "notifications.event": "event_note",
        },
    ),
]
"""The groups of the desk's navigation: models, each with its Material symbol."""

UNFOLD = {
    "SITE_TITLE": f"{AIRLINE_NAME} desk",
    "SITE_HEADER": AIRLINE_NAME,
    "SITE_SUBHEADER": _("Staff desk"),
    "SITE_SYMBOL": "flight_takeoff",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "flights_project.gateway.desk.favicon"}],
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "flights_project.gateway.desk.environment",
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": "flights_project.gateway.desk.navigation"},
    "DASHBOARD_CALLBACK": "bookings.admin.today.today_page",
    "STYLES": ["flights_project.gateway.desk.stylesheet"],
    "SCRIPTS": ["flights_project.gateway.desk.script"],
    "COMMAND": {"search_callback": "bookings.admin.finding.find_at_once"},
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "#f2f6fc",
            "100": "#e5edf8",
            "200": "#c8daf1",
            "300": "#b6d2f8",
            "400": "#93bbf2",
            "500": "#6096de",
            "600": "#204478",
            "700": "#1c3b69",
            "800": "#15315a",
            "900": "#1b304c",
            "950": "#101c2e",
        }
    },
}
