"""Times on the clocks of airports."""

from datetime import UTC, datetime

import pytest

from flights_project.lib import clock


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Kolkata", "12:00 IST"),
        ("Europe/London", "06:30 GMT"),
        ("Asia/Dubai", "10:30 UTC+04"),
        ("America/Sao_Paulo", "03:30 UTC-03"),
    ],
)
def test_a_time_says_whose_clock_it_is_by_letters_or_by_hours_from_utc(zone, shown):
    assert clock.on_the_wall(datetime(2026, 12, 5, 6, 30, tzinfo=UTC), zone) == shown
