"""The statements that one hold and one payment execute, as a script for pgbench: what PostgreSQL alone can do.

They are taken down once, with ids that stand out, and then each value that differs from booking to booking becomes a
variable of pgbench. The counters are true afterwards, which `reconcile` proves: it is the same work.
"""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from airlines.models import Flight, FlightCabin
from airlines.tests.factories import claim_for
from benchmarks.client import somebody
from bookings.models import Booking
from flights_project.local.environment import PROJECT
from flights_project.local.place import find_place
from flights_project.local.postgres import DATABASE, OWNER, PORT, Postgres
from flights_project.local.programs import postgres_programs

FIRST_FLIGHT, FIRST_CABIN = 600_000_001, 610_000_001
FIRST = {
    "airlines_flight": FIRST_FLIGHT,
    "airlines_flightcabin": FIRST_CABIN,
    "bookings_booking": 710_000_001,
    "bookings_segment": 720_000_001,
    "bookings_passenger": 730_000_001,
    "bookings_coupon": 740_000_001,
}
"""Ids that are found in a statement without mistaking anything else for them."""
HEADER = f"""\
\\set turn :turn + 1
\\set number 100000 + :base + :client_id * 25000 + :turn
\\set flight random(:first, :last)
\\set cabin :flight + {FIRST_CABIN - FIRST_FLIGHT}
"""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
JOINT = re.compile(r"; (?=INSERT INTO |UPDATE |SAVEPOINT |RELEASE )")
"""Between statements that go in one round trip."""
IDS = re.compile(r"nextval\('bookings_(\w+)_id_seq'\)")


def number_apart() -> None:
    """Let ids begin where they stand out; before there are any."""
    with connection.cursor() as cursor:
        for table, first in FIRST.items():
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", [table, first])


def take_down(flight: Flight, key: str) -> str:
    """The script of one hold and one payment on any flight from `:first` to `:last`."""
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Api-Key {key}"})
    offer = claim_for([flight], now=timezone.now()).token
    _sell(client, offer, "warm")  # what a process asks for once
    with CaptureQueriesContext(connection) as queries:
        locator = _sell(client, offer, "take-down")
    statements = [query["sql"] for query in queries]
    return HEADER + "".join(_scripted(_varied(statements, Booking.objects.get(locator=locator))))


def _sell(client: Client, offer: str, key: str) -> str:
    wish = {"offer": offer, "passengers": [somebody()], "contact": {"email": "partner@example.com"}}
    held = client.post("/api/v1/bookings/", wish, "application/json", headers={"Idempotency-Key": f"{key}-hold"})
    locator = str(held.json()["locator"])
    card = {"gateway": "sandbox", "token": "tok_ok"}
    path = f"/api/v1/bookings/{locator}/payments/"
    client.post(path, card, "application/json", headers={"Idempotency-Key": f"{key}-pay"})
    return locator


def _varied(statements: list[str], booking: Booking) -> list[str]:
    """The statements with variables for whatever belongs to this one booking."""
    [coupon] = booking.coupons.select_related("passenger__ticket", "segment")
    cabin = FlightCabin.objects.get(flight=coupon.flight_id, cabin=booking.cabin)
    variables = {
        str(booking.pk): ":booking_id",
        str(coupon.pk): ":coupon_id",
        str(coupon.passenger_id): ":passenger_id",
        str(coupon.segment_id): ":segment_id",
        str(coupon.flight_id): ":flight",
        str(cabin.pk): ":cabin",
        str(int(coupon.identity[:15], 16)): ":number",
        coupon.identity: "0" * 58 + ":number",
        coupon.passenger.ticket.number: "8980000:number",
        booking.locator: ":number",
        "take-down-": "client-:number-",
    }
    text = "\0".join(statements)
    variables |= {
        uuid: f"{n:08}-0000-4000-8000-000000:number" for n, uuid in enumerate(sorted(set(UUID.findall(text))))
    }
    known = re.compile("|".join(map(re.escape, sorted(variables, key=len, reverse=True))))
    return known.sub(lambda found: variables[found[0]], text).split("\0")


def _scripted(statements: Iterable[str]) -> Iterable[str]:
    """As pgbench reads them: one line and one round trip each, and the ids that PostgreSQL gave kept for later."""
    for statement in statements:
        together = JOINT.sub(r" \\; ", " ".join(statement.split()))
        if together.startswith("SELECT nextval('bookings_booking_id_seq')"):
            yield IDS.sub(r"nextval('bookings_\1_id_seq') AS \1_id", together) + " \\gset\n"
        else:
            yield f"{together};\n"


def pgbench(postgres: Postgres, script: Path, *, clients: int, seconds: int, variables: dict[str, int]) -> float:
    """Bookings a second. Raises CalledProcessError where a statement fails."""
    program = postgres_programs(find_place(PROJECT)) / "pgbench"
    place = ["-h", str(postgres.socket_folder), "-p", str(PORT), "-U", OWNER]
    defined = [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
    options = ["-n", "-c", str(clients), "-j", "2", "-T", str(seconds), *defined, "-f", str(script)]
    done = subprocess.run([program, *place, *options, DATABASE], check=True, capture_output=True, text=True)
    [per_second] = re.findall(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    return float(per_second)
