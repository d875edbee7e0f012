"""Two people edit one tree in QGIS, which sends neither If-Match nor patches: nothing of theirs is lost.

QGIS edits over OGC API Features since 3.32. It is the system's own, or one in another root (`debootstrap trixie ROOT`,
then `apt install python3-qgis` in it), named by QGIS_ROOT; that one is entered by chroot, so tests must run as root.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from geoplatform.contributions.models import Proposal
from geoplatform.history.models import Changeset
from layers.green_spaces import GreenSpace
from layers.plants import Plant
from tests import make
from tests.clients.proxy import in_front_of
from tests.services import people
from tests.serving import serving

ROOT = os.environ.get("QGIS_ROOT", "")
SCRIPT = Path(__file__).with_name("qgis_edits.py")
VERSION = "from qgis.core import Qgis; print(Qgis.QGIS_VERSION_INT)"
OLDEST = 33200


def qgis(*arguments: str, home: str = "/tmp", timeout: int = 300) -> subprocess.CompletedProcess:
    """Run QGIS's Python with these arguments."""
    python = shutil.which("python3", path="/usr/bin") or "python3"
    command = ["chroot", ROOT, "/usr/bin/python3"] if ROOT else [python]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home, "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**environment, "XDG_RUNTIME_DIR": home},
    )


def why_not() -> str:
    if ROOT and os.getuid() != 0:
        return "QGIS_ROOT is entered by chroot, which needs root"
    told = qgis("-c", VERSION)
    version = int(told.stdout.split()[-1]) if told.returncode == 0 and told.stdout else 0
    if version < OLDEST:
        return f"QGIS 3.32 or newer edits over OGC API Features; here is {version or 'none'}"
    return ""


@pytest.mark.prove
def test_two_people_on_one_tree(fresh_database, tmp_path):
    if reason := why_not():
        pytest.skip(reason)
    make.town()
    apple = make.species()
    tree = make.plant(species=apple, height_m=4.0, note="the tree")
    make.plant(11.08, 53.08, species=apple, note="to be felled")
    # A layer without features tells QGIS before 3.44 of no fields.
    box = make.area(11.01, 53.01, 11.02, 53.02)
    GreenSpace.objects.create(source=make.source(), name="Park", kind="park", area=box)
    given = {
        "tokens": {
            "anna": people.token("staff"),
            "bert": people.token("staff"),
            "citizen": people.token(),
        }
    }
    with (
        serving(fresh_database.environment) as (address, _process),
        in_front_of(address) as address,
    ):
        arguments = json.dumps({**given, "address": address})
        done = qgis("-c", SCRIPT.read_text(), arguments, home="/tmp" if ROOT else str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    print(told)

    assert all(told["can"].values())
    assert told["read only"]
    tree.refresh_from_db()
    assert told["anna"]["done"]
    assert told["bert: another field"]["done"]
    assert tree.crown_m == 3.5, "both survive"
    assert not told["bert: the same field"]["done"]
    assert "Conflict" in str(told["bert: the same field"]["log"])
    waiting = Proposal.objects.get(state="conflict")
    # QGIS sends the whole of its copy, and so once more what it has saved before.
    assert waiting.fields == {"crown_m": 3.5, "height_m": 9.5}, "flagged, and kept"
    assert told["anna: again, and moved"]["done"]
    assert tree.height_m == 6.5
    assert tree.location.coords == pytest.approx((11.06, 53.06), abs=1e-6)

    assert told["citizen"]["done"]
    assert tree.access == "public"
    assert Proposal.objects.get(state="open").fields == {"access": "closed"}
    assert told["created"]["done"], told["created"]
    assert told["in metres"]["done"], told["in metres"]
    made = Plant.objects.get(note="by QGIS")
    moved = made.location.transform(25833, clone=True)
    before = tree.location.clone()
    before.x, before.y = 11.05, 53.05
    before.transform(25833)
    assert (moved.x - before.x, moved.y - before.y) == pytest.approx((10, 0), abs=0.01)
    assert told["deleted"]["done"], told["deleted"]
    assert not Plant.objects.filter(note="to be felled").exists()
    assert told["area that waits"]["done"], told["area that waits"]
    assert GreenSpace.objects.get().name == "Park"
    assert Proposal.objects.get(state="held").fields == {"name": "Wiese", "kind": "meadow"}
    # "database" is this test itself, which made the town.
    actors = {each.partition(":")[0] for each in Changeset.objects.values_list("actor", flat=True)}
    assert actors == {"user", "database"}
