"""Two connections to one database: the web role serves, the owner migrates; and one to each replica, for reading."""

import re
from collections.abc import Callable
from typing import Any

from geoplatform.database.cluster import Cluster

ENGINE = "geoplatform.database.postgis"
# Parallel workers cost more than they bring: PostGIS's cost figures send even tiny tile queries to them (2.4 -> 45 ms).
# An import stages its rows in a temporary table: within 8 MB, the server's own figure, they would be written out and
# read again. Memory is taken as it is needed, by the backends that stage rows.
WEB_OPTIONS = (
    "-c max_parallel_workers_per_gather=0 -c jit=off -c statement_timeout=60s -c temp_buffers=64MB"
)


SERVING = {
    "options": WEB_OPTIONS,
    # Only statements that ask for it are prepared, none for being frequent: a plan for all boxes suits few.
    "prepare_threshold": 2**31,
}
# A replica that is gone without a word is given up soon: the primary serves in its place. Seconds and milliseconds.
REPLICA = {"connect_timeout": 2, "tcp_user_timeout": 5000}


def databases(
    web_url: str | None,
    owner_url: str | None,
    parse: Callable[..., Any],
    replica_urls: str = "",
) -> dict[str, dict[str, Any]]:
    """Django's DATABASES. Without addresses: the private cluster, held from the first connection on.

    replica_urls  addresses for the web role, with spaces or commas between them
    """
    private = not web_url
    if not web_url:
        cluster = Cluster.default()
        web_url, owner_url = cluster.web_url, cluster.owner_url
    common = {"ENGINE": ENGINE, "PRIVATE_CLUSTER": private}
    web = {**parse(web_url), **common}
    owner = {**parse(owner_url or web_url), **common}
    web["OPTIONS"] = {**web.get("OPTIONS", {}), **SERVING, "pool": POOL}
    web["CONN_MAX_AGE"] = 0
    owner["TEST"] = {"MIRROR": "default"}
    found = {"default": web, "owner": owner}
    for number, url in enumerate(re.split(r"[\s,]+(?=[a-z]+://)", replica_urls.strip()), 1):
        if url:
            found[f"replica{number}"] = _replica(parse(url.strip(", ")))
    return found


def _replica(parsed: dict[str, Any]) -> dict[str, Any]:
    """As the web role reads from the primary."""
    pool = {**POOL, "min_size": 0, "timeout": 2}
    options = {**REPLICA, **parsed.get("OPTIONS", {}), **SERVING, "pool": pool}
    return {
        **parsed,
        "ENGINE": ENGINE,
        "PRIVATE_CLUSTER": False,
        "REPLICA": True,
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "TEST": {"MIRROR": "default"},
    }


def forget_who(connection: Any) -> None:
    """Run when a connection comes out of the pool again: nothing of one request may reach the next.

    Not by the pool's own `reset`, which hands every connection to another thread and back: a tenth of a small map.
    """
    connection.execute(
        "RESET geoplatform.actor; RESET geoplatform.changeset; RESET geoplatform.reason; RESET geoplatform.channel"
    )


# A new backend loads PostGIS again (45 requests a second instead of 217), so connections are kept in a pool.
# A process has fewer threads than connections, so nobody waits for another's: only for a server that is not there.
# After these seconds a request says so instead of hanging. An attempt that failed is given up soon, and the next
# request begins anew; else pauses double, and the platform would be away long after its database has come back.
POOL = {"min_size": 1, "max_size": 8, "timeout": 4, "reconnect_timeout": 1}
