"""A new layer is one new file plus its generated migration; every service has it then, unasked."""

import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

NATURE_PLACES = '''
"""Places of nature and culture: where people meet the living city."""

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from geoplatform.catalog.symbols import Categorized, Marker


class Kind(models.TextChoices):
    BEEHIVE = "beehive", _("beehive")
    STAGE = "stage", _("open-air stage")


class NaturePlace(Feature):
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    secret = models.CharField(max_length=20, default="hidden")
    location = models.PointField(_("location"))


layer = Layer(
    name="nature-places",
    title=_("Places of nature and culture"),
    model=NaturePlace,
    geometry="location",
    public=("name", "kind"),
    editable=("name", "kind", "location"),
    label="name",
    symbol=Categorized("kind", {Kind.BEEHIVE: Marker(color="#ffb703")}, Marker(color="#219ebc", shape="square")),
)
'''

STORY = """
import json
import django
django.setup()
from django.conf import settings
plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
from django.db import connection
from django.test import Client
from tests import make
from layers.nature_places import NaturePlace, layer
from geoplatform.rendering.legend import legend

make.town()
client = Client()
items = "/api/collections/nature-places/items"
feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [11.05, 53.05]},
           "properties": {"name": "Bienen am See", "kind": "beehive"}}
made = client.post(items, json.dumps(feature), content_type="application/geo+json")
assert made.status_code == 201, made.content
identity = json.loads(made.content)["id"]
assert "nature-places" in [each["id"] for each in client.get("/api/collections").json()["collections"]]
[found] = json.loads(client.get(items + "?kind=beehive").getvalue())["features"]
assert found["id"] == identity and found["properties"]["quarter"] == "Quarter a", found
assert "secret" not in found["properties"]
assert client.get(items + "?secret=hidden").status_code == 400
tile = client.get("/tiles/nature-places/14/8694/5331.mvt")
assert tile.status_code == 200, tile
assert client.get("/tiles/nature-places.json").status_code == 200
style = client.get("/styles/geoplatform.json").json()
assert any(each["id"].startswith("nature-places/") for each in style["layers"])
assert len(legend(layer)) == 4  # two categories, unconfirmed, gone
assert client.get(f"/nature-places/{identity}").status_code == 200
assert b"nature-places" in client.get("/").content
place = NaturePlace.objects.get()
place.name = "Bienen am Hafen"
place.save()
place.delete()
with connection.cursor() as cursor:
    cursor.execute("SELECT version, name, deleted FROM history.layers_natureplace ORDER BY version")
    assert cursor.fetchall() == [(1, "Bienen am See", False), (2, "Bienen am Hafen", True)]
from django.contrib import admin
assert admin.site.is_registered(NaturePlace)
print("found in every service")
"""


def test_one_file_makes_a_layer(fresh_database, tmp_path):
    house = tmp_path / "house"
    house.mkdir()
    for part in ("geoplatform", "tests"):
        (house / part).symlink_to(PROJECT / part)
    # Copied: Python looks for `layers` beside the file that it runs.
    shutil.copy(PROJECT / "manage.py", house)
    shutil.copytree(
        PROJECT / "layers", house / "layers", ignore=shutil.ignore_patterns("__pycache__")
    )
    (house / "layers" / "nature_places.py").write_text(NATURE_PLACES)
    environment = {
        **fresh_database.environment,
        "PYTHONPATH": str(house),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "geoplatform.settings",
    }

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=house,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "nature" in run("manage.py", "makemigrations", "layers").lower()
    assert [each.name for each in (house / "layers/migrations").glob("0002*.py")], (
        "one generated migration"
    )
    assert "No changes" in run("manage.py", "makemigrations", "--check")
    run("manage.py", "check")
    run("manage.py", "migrate", "--verbosity", "0")
    assert "found in every service" in run("-c", STORY)
    # And back again.
    run("manage.py", "migrate", "--verbosity", "0", "layers", "0001")
