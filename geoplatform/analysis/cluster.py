"""Indicators of many municipalities on a Dask cluster, out of the folder that `export` has written.

One task is one municipality with the ring around it, so tasks know nothing of each other: a worker that dies takes
nothing along but what it was at, which another does again. Workers need this code and its libraries; no database, no
settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import dask_geopandas
import geopandas as gpd
import pandas as pd

from geoplatform.analysis import frames, registry
from geoplatform.analysis.indicator import Values

if TYPE_CHECKING:
    from distributed import Client

LIBRARIES = ("geopandas", "numpy", "pandas", "pyproj", "scipy", "shapely")
Asked = Mapping[str, Values]


class Unlike(RuntimeError):
    """The workers would compute by other code or other libraries than this process."""


def ask(
    folder: str,
    asked: Asked,
    client: Client | None = None,
    progress: Callable[[int, int, str], None] = lambda done, of, what: None,
) -> gpd.GeoDataFrame:
    """The figures of all quarters of an exported folder, by quarter id, sorted by municipality and key.

    folder  a path or address that this process and all workers read alike
    asked   values of the parameters by the indicator's id; its columns come as `id.column`, NaN = null
    client  of a cluster; without one, in threads of this process

    Besides, `key`, `name`, `municipality`, `inhabitants` and the geometry, EPSG:4326. Raises Unlike.
    """
    quarters = dask_geopandas.read_parquet(f"{folder}/quarters/*.parquet")
    wanted = figures(quarters._meta, folder, asked)
    tasks = quarters.map_partitions(figures, folder, asked, meta=wanted, enforce_metadata=False)
    found = _here(tasks) if client is None else _gathered(tasks, client, progress)
    rows = pd.concat(found).sort_values(["municipality", "key"])
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=4326)


def figures(quarters: gpd.GeoDataFrame, folder: str, asked: Asked) -> gpd.GeoDataFrame:
    """One task: the quarters of a municipality (a partition) with their figures."""
    parts = [_of_one(part, folder, asked) for _ags, part in quarters.groupby("municipality")]
    return pd.concat(parts) if parts else _with(quarters, asked, pd.DataFrame(index=quarters.index))


def _of_one(quarters: gpd.GeoDataFrame, folder: str, asked: Asked) -> gpd.GeoDataFrame:
    # Read once for all indicators: network, patches and walks are found out once and shared.
    city = frames.read(f"{folder}/municipalities/{quarters['municipality'].iloc[0]}")
    computed = []
    for id, values in asked.items():
        compute = registry.get(id).compute
        assert compute is not None
        computed.append(compute(city, values).add_prefix(f"{id}."))
    return _with(quarters, asked, pd.concat(computed, axis=1))


def _with(quarters: gpd.GeoDataFrame, asked: Asked, found: pd.DataFrame) -> gpd.GeoDataFrame:
    names = [f"{id}.{each.name}" for id in asked for each in registry.get(id).columns]
    return quarters.join(found.reindex(columns=names).astype("float64"))


def _here(tasks: dask_geopandas.GeoDataFrame) -> list[gpd.GeoDataFrame]:
    return [tasks.compute(scheduler="threads")]


def _gathered(
    tasks: dask_geopandas.GeoDataFrame,
    client: Client,
    progress: Callable[[int, int, str], None],
) -> list[gpd.GeoDataFrame]:
    """Each answer as it comes."""
    from distributed import as_completed

    try:
        theirs = client.run(edition)
    except ImportError as error:
        raise Unlike(str(error)) from error
    strangers = sorted(worker for worker, said in theirs.items() if said != edition())
    if strangers:
        raise Unlike(", ".join(strangers))
    futures = client.compute(tasks.to_delayed())
    found = []
    for _future, part in as_completed(futures, with_results=True):
        found.append(part)
        progress(len(found), len(futures), "")
    return found


@cache
def edition() -> str:
    """Names the code and the libraries that figures are computed by."""
    digest = blake2b(digest_size=8)
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    for name in LIBRARIES:
        digest.update(f"{name} {version(name)}".encode())
    return digest.hexdigest()
