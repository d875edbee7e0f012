"""The system's Chromium, one for all tests of a run: a second one would find the first one's event loop."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Each window of the whole browser would load two pages of its own for the list beneath the address bar: a third of what
# a map costs, and most of what a form does. The last switch of its name counts, so Playwright's own are said again.
WITHOUT = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
# WebGL without a graphics card; root, as in a container, cannot have Chromium's sandbox.
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    # The maps are drawn by the software renderer, the pages around them are not: a third less to do.
    "--disable-gpu-rasterization",
    "--disable-gpu-compositing",
    f"--disable-features={','.join(WITHOUT)}",
]
SECONDS = 60_000  # milliseconds that a page has for anything, software rendering on a busy machine included


@pytest.fixture(scope="session")
def _collected() -> None:
    """The static files as they are served, under their hashed names."""
    lock = Path(tempfile.gettempdir()) / f"geoplatform-static-{os.getuid()}.lock"
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # workers of one run start together
        # Does nothing where nothing has changed: another worker's server is reading those files.
        subprocess.run([PROJECT / ".setup" / "static"], check=True, cwd=PROJECT)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("Chromium is not installed: `make install` brings it.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; Django would refuse the database to it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=SECONDS)
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()
