"""`make demo-reset`: the demo as on its first day."""

import os
import sys

from flights_project.local.environment import PROJECT, demo_servers, prepare_demo
from flights_project.local.errors import StartError
from flights_project.local.place import local_folder
from flights_project.local.run import only_run, report, say, take_steps


def main() -> int:
    return report(reset)


def reset() -> None:
    if os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL"):
        raise StartError("This empties the demo's own servers only: unset DATABASE_URL and REDIS_URL.")
    with only_run():
        prepare_demo()
        servers = demo_servers()
        say("Emptying database, cache and queues")
        servers.postgres.empty()
        servers.valkey.empty()
        (local_folder(PROJECT) / "integrator_api_key").unlink(missing_ok=True)
        take_steps()


if __name__ == "__main__":
    sys.exit(main())
