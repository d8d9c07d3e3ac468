"""The application with a safety taken out, for the control runs of the races: each module changes one thing or few,
and is served by granian in the place of `flights_project.wsgi`. Production has no switch for any of this."""

from time import sleep

from flights_project.wsgi import application  # Django is set up before the modules here load what they change

__all__ = ["application", "let_others_in"]


def let_others_in() -> None:
    """Stands where a lock stood: what another process may do there at any time, it now has the time to do."""
    sleep(0.02)
