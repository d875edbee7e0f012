"""What granian serves."""

import ctypes
import os

from django.core.wsgi import get_wsgi_application

# Of malloc.h, with megabytes: larger arrays are given back when they are done with, and of smaller ones each thread
# keeps so much. glibc's own rule grows with the largest picture drawn: then four threads keep 200 MB between them.
THRESHOLDS = {-3: 4, -1: 16}  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD


def bound_memory() -> None:
    """Only glibc has that rule, and the means to bound it."""
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        for parameter, megabytes in THRESHOLDS.items():
            mallopt(parameter, megabytes << 20)


bound_memory()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoplatform.settings")
application = get_wsgi_application()
