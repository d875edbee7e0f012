"""Changed SQL reaches databases that exist: the revision of upkeep says so to `makemigrations`."""

import hashlib
from pathlib import Path

from geoplatform.database.upkeep import REVISION

DATABASE = Path(__file__).resolve().parents[2] / "geoplatform" / "database"
# Revision -> what the SQL was then. A released line is never edited; a new one is added with a new revision.
KNOWN = {1: "unreleased", 2: "unreleased"}


def test_changed_sql_has_a_new_revision():
    digest = hashlib.sha256()
    for name in (
        "triggers.py",
        "staged.py",
        *sorted(str(p.relative_to(DATABASE)) for p in DATABASE.glob("sql/*.sql")),
    ):
        digest.update((DATABASE / name).read_bytes())
    assert KNOWN[REVISION] in ("unreleased", digest.hexdigest()[:16]), (
        "The SQL of upkeep has changed since it was released. Raise geoplatform.database.upkeep.REVISION, run"
        " `manage.py makemigrations layers`, install changed files of sql/ by a migration, and add"
        f" {digest.hexdigest()[:16]}."
    )
