"""The project's settings with one address instead of its own."""

from geoplatform.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.peers.drf_gis"
