"""Cities out of the database as GeoParquet: a folder that a cluster without any database can ask indicators of.

    quarters/AGS.parquet           the quarters of a municipality, EPSG:4326: what one task of the cluster is about
    municipalities/AGS/*.parquet   all that is read for it (reading.py), the ring around it too, in its metric CRS
    about.json                     of when the data are, their version, licences, and whom to name

Everything is of one instant, so that figures of neighbours agree.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.analysis import frames, reading
from geoplatform.analysis.answer import version_at
from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.query import as_of
from geoplatform.query.errors import QueryError
from geoplatform.query.figures import credited
from geoplatform.query.tabular import unhurried

SECONDS = 1800  # of one statement
QUARTERS, MUNICIPALITIES, ABOUT = "quarters", "municipalities", "about.json"


def export(
    folder: Path,
    municipalities: Sequence[str] = (),
    progress: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> dict[str, Any]:
    """Write municipalities (AGS; none named: all that have quarters) into a new folder; return what about.json says.

    The folder gets its name when all is in it. Raises QueryError for a municipality that is not there or has no
    quarters, and where the folder exists already.
    """
    if folder.exists():
        raise QueryError("directory", _("%s exists already; name a folder that is new.") % folder)
    towns = list(dict.fromkeys(municipalities)) or list(reading.comparable())
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    instant = as_of.stable(timezone.now())
    licences, names = set[str](), set[str]()
    try:
        (draft / QUARTERS).mkdir(parents=True)
        for number, ags in enumerate(towns):
            progress(number, len(towns), ags)
            town = _written(draft, ags, instant)
            held, named = credited(_layers(), town.box)
            licences.update(held)
            names.update(named)
        progress(len(towns), len(towns), "")
        told = {
            "at": instant.isoformat(),
            "dataVersion": version_at(instant),
            "margin": reading.MARGIN,
            "municipalities": towns,
            "licences": sorted(licences),
            "attributions": sorted(names),
        }
        (draft / ABOUT).write_text(json.dumps(told, ensure_ascii=False, indent=1))
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return told


def _written(draft: Path, ags: str, instant: dt.datetime) -> reading.Municipality:
    town = reading.municipality(ags)
    with unhurried(SECONDS):
        city = reading.read(town, instant)
    frames.write(city, draft / MUNICIPALITIES / ags)
    degrees = city.quarters.to_crs(4326).rename_axis("id")
    degrees.to_parquet(draft / QUARTERS / f"{ags}.parquet", compression="zstd")
    return town


def _layers() -> list[Layer]:
    names = {reading.layer_name(name) for name in (*reading.SUBJECTS, "trees")}
    return [registry.by_role("quarter"), *map(reading.layer_of, sorted(names))]
