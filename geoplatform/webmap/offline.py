"""What the map needs to work without a network: what the service worker keeps, and words for it all."""

from __future__ import annotations

import json
from functools import cache
from hashlib import blake2b
from pathlib import Path

from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.pages.frame import LANGUAGES

# What pages of the map load; the other rooms' files are of no use without a network.
ROOMS = ("pages/", "webmap/")
KINDS = (".css", ".js", ".mjs", ".svg")
WORKER = "webmap/worker.js"


def settings() -> dict[str, str]:
    """Addresses for static/webmap/offline.js."""
    return {
        "worker": reverse("worker"),
        "quarter": reverse("quarter"),
        "along": reverse("along", args=["LAYER"]),
    }


def script() -> str:
    """What `/sw.js` says: which version this is and what it keeps, then the work itself."""
    told = {
        "assets": assets(),
        "pages": _in_each_language("map", "missing")
        + [
            address
            for layer in registry.addable()
            for address in _in_each_language(("add", layer.name))
        ]
        + _drawing(),
        "missing": dict(zip(LANGUAGES, _in_each_language("missing"), strict=True)),
        "layers": [each.name for each in registry.layers()],
    }
    text = json.dumps({"version": _version(json.dumps(told)), **told}, indent=1)
    return f"self.told = {text};\nimportScripts({json.dumps(static(WORKER))});\n"


def assets() -> list[str]:
    """Addresses of the static files of the map, from the manifest; none where files are served as they are (DEBUG)."""
    names = getattr(staticfiles_storage, "hashed_files", {})
    return sorted(
        static(name)
        for name in names
        if name.startswith(ROOMS) and name.endswith(KINDS) and name != WORKER
    )


def _drawing() -> list[str]:
    tiles = [reverse("tilejson", args=[each.name]) for each in registry.map_layers()]
    return [reverse("style"), *tiles]


def _in_each_language(*names: str | tuple[str, str]) -> list[str]:
    found = []
    for each in names:
        name, *arguments = (each,) if isinstance(each, str) else each
        for language in LANGUAGES:
            with translation.override(language):
                found.append(reverse(name, args=arguments))
    return found


@cache
def _version(told: str) -> str:
    """Changes with every file that a kept page needs, and with the templates that pages are made by."""
    digest = blake2b(told.encode(), digest_size=8)
    rooms = Path(__file__).resolve().parents[1]
    for room in ("pages", "webmap"):
        for file in sorted((rooms / room / "templates").rglob("*.html")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def texts() -> dict[str, str]:
    """Words for outbox, questions and what is taken along."""
    return {
        "queued": _("No network: kept in this browser, and sent as soon as there is one."),
        "sentOne": _("What waited has been sent."),
        "sentMany": _("%(count)s contributions that waited have been sent."),
        "asked": _("What waited has been sent, and there is a question: see “Waiting to be sent”."),
        "stateWaits": _("waits for the network"),
        "stateAsks": _("needs an answer"),
        "perhapsSent": _("It was on its way when the network was lost. It is never done twice."),
        "edit": _("Edit"),
        "answer": _("Answer"),
        "delete": _("Throw away"),
        "deleteSure": _("Throw away for good"),
        "deleted": _("Thrown away."),
        "weighing": _("Looking how much it is …"),
        "noQuarter": _("There is no quarter in the middle of the map."),
        "plan": _("%(name)s: about %(megabytes)s MB, at most %(most)s MB."),
        "takeAlong": _("Take along"),
        "taken": _("%(name)s is in this browser now (%(megabytes)s MB)."),
        "takenPartly": _(
            "%(name)s is larger than this browser keeps: a part of it is here now (%(megabytes)s MB)."
        ),
        "takenInView": _(
            "Without a network, from what you took along: %(count)s in view, the %(shown)s nearest to the middle."
        ),
        "quarterLine": _("%(name)s, %(megabytes)s MB, as of %(date)s"),
        "offlineReady": _("The map works without a network now, as far as you have seen it."),
        "offlineFailed": _("This browser keeps nothing for use without a network."),
        "offlineForgotten": _("Forgotten. What waits to be sent is still here."),
    }
