"""Redis as Celery's broker, for workers that outlive it.

What a worker has in hand when the broker goes away is neither acknowledged nor put back: after `visibility_timeout` it
is given to another, as after a crash. kombu tries both on a channel whose connection is closed; what it stumbles over
there is no error of a connection, and would end the worker.
"""

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    do_restore = False

    def _connparams(self, *args: Any, **more: Any) -> Any:
        """Raises ConnectionError, which kombu and Celery foresee, where the connection has been closed."""
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("The broker has gone.")
        return super()._connparams(*args, **more)  # type: ignore[misc]  # its stub leaves it out


class Transport(redis.Transport):
    Channel = Channel
