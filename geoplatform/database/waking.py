"""Wakes the private cluster for a request, which cannot wait as long as a start may take."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future

from psycopg import OperationalError

from geoplatform.database.cluster import Cluster, ClusterError

WAIT = 5.0  # seconds that a request waits for a server that starts or reads its log after a crash
PAUSE = 1.0  # seconds after a start that failed: nobody tries again before, for it would fail again


class _Waker:
    """One attempt at a time for a whole process, in a thread of its own, however many requests wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempt: Future[None] | None = None
        self._failed = -PAUSE

    def wake(self, cluster: Cluster) -> None:
        with self._lock:
            attempt = self._attempt
            rested = time.monotonic() - self._failed >= PAUSE
            if attempt is None or (attempt.done() and (attempt.exception() is None or rested)):
                attempt = self._attempt = Future()
                held = (cluster, attempt)
                threading.Thread(target=self._hold, args=held, name="waking", daemon=True).start()
        try:
            attempt.result(WAIT)
        except TimeoutError:
            raise OperationalError("the private cluster is starting") from None
        except (ClusterError, OSError) as error:  # of the system: a full disk takes no file
            raise OperationalError(str(error)) from error

    def _hold(self, cluster: Cluster, attempt: Future[None]) -> None:
        try:
            cluster.hold()
        except Exception as error:
            self._failed = time.monotonic()
            attempt.set_exception(error)
        else:
            attempt.set_result(None)


_waker = _Waker()


def wake(cluster: Cluster) -> None:
    """Have the cluster run. Raises psycopg's OperationalError where it does not, or not soon.

    A command waits as long as it takes, and hears in full what is wrong: it is the main thread. Requests are not.
    """
    if threading.current_thread() is threading.main_thread():
        cluster.hold()
    else:
        _waker.wake(cluster)
