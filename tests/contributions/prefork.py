"""The platform's server for tests that kill it: `python -m tests.contributions.prefork PORT WORKERS`.

It has loaded everything before it forks, so that a killed worker is back in some milliseconds. Where granian gives up,
because a worker died again within 5.5 seconds, a service manager would start it anew; here it does not give up.
"""

import sys
from typing import Any

from django.urls import get_resolver
from granian import Granian

import geoplatform.wsgi  # loads the platform


class Forgetful(dict[int, float]):
    """When each worker was last started again: never."""

    def __setitem__(self, *anything: Any) -> None:
        pass


def main() -> None:
    assert geoplatform.wsgi.application
    assert get_resolver().url_patterns  # and their views, but for the planner's
    port, workers = map(int, sys.argv[1:])
    server = Granian(
        "geoplatform.wsgi:application",
        address="127.0.0.1",
        port=port,
        interface="wsgi",
        workers=workers,
        blocking_threads=4,
        websockets=False,
        log_level="critical",
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    )
    server.respawned_wrks = Forgetful()
    server.serve()


if __name__ == "__main__":
    main()
