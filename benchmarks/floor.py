"""Settings of the server that is measured: the platform, and beside it an address that gives one bytea by its key."""

from __future__ import annotations

from geoplatform.settings import *  # noqa: F403
from geoplatform.settings import DIRECT_PATHS as PLATFORM_PATHS

ROOT_URLCONF = "benchmarks.floor_urls"
# The floor goes the same short way as tiles, past the middlewares of pages.
DIRECT_PATHS = (*PLATFORM_PATHS, "/floor/")
