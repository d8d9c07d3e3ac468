"""Django's PostgreSQL backend, with a health check of kept connections that costs no round trip."""

from select import POLLIN, poll

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the connection still leads to a server, as asked once before each request.

        An idle server says nothing: where there is something to read, it has ended the connection or the network has,
        and only then is it asked. So it is after an error.
        """
        kept = self.connection
        if kept is not None and not kept.closed and not self.errors_occurred and _is_silent(kept.fileno()):
            return True
        return bool(super().is_usable())


def _is_silent(socket: int) -> bool:
    waiting = poll()
    waiting.register(socket, POLLIN)
    return not waiting.poll(0)
