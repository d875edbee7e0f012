"""Every indicator once more, the slow and plain way: pairs of everything in shapely, graphs in networkx, no index."""

from __future__ import annotations

import itertools
import math

import networkx as nx
import numpy as np
import pandas as pd
import shapely
from shapely.ops import unary_union

from geoplatform.analysis.city import City
from geoplatform.analysis.diversity import entropy
from geoplatform.analysis.green import PARK_KINDS, PUBLIC_KINDS

NAN = math.nan


def public(city: City, kinds=None):
    """(id, shape) of what is public, in the order of the frame."""
    found = []
    for _id, row in city.green.iterrows():
        said = None if pd.isna(row["public_access"]) else bool(row["public_access"])
        is_public = row["kind"] in PUBLIC_KINDS if said is None else said
        if is_public and (kinds is None or row["kind"] in kinds):
            found.append(row.geometry)
    return found


def patches(shapes, gap):
    """Lists of positions that hang together, and the area of each list."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(shapes)))
    for a, b in itertools.combinations(range(len(shapes)), 2):
        if shapes[a].distance(shapes[b]) <= gap:
            graph.add_edge(a, b)
    found = [sorted(each) for each in nx.connected_components(graph)]
    return found, [unary_union([shapes[n] for n in each]).area for each in found]


def large(shapes, gap, size):
    """Shapes of patches of at least `size` m2, each with the number of its patch."""
    lists, areas = patches(shapes, gap)
    return [
        (shapes[n], number)
        for number, each in enumerate(lists)
        if areas[number] >= size
        for n in each
    ]


def origins(city: City):
    """(quarter, share, point, name of the node in `graph`) of each origin."""
    found = []
    quarters = pd.concat([city.quarters, city.around]).sort_index()
    for id, row in city.streets.iterrows():
        if row["kind"] not in ("residential", "living_street") or row["foot"] is False:
            continue
        line = row.geometry
        pieces = max(1, round(line.length / 25))
        for n in range(pieces):
            at = (n + 0.5) * line.length / pieces
            point = line.interpolate(at)
            home = next(
                (q for q, area in quarters.geometry.items() if area.intersects(point)), None
            )
            if home is not None:
                found.append([home, line.length / pieces, point, ("origin", id, n), at])
    sums = {}
    for home, weight, *_rest in found:
        sums[home] = sums.get(home, 0) + weight
    return [(home, weight / sums[home], point, name, at) for home, weight, point, name, at in found]


def graph(city: City, starts):
    """Streets as a graph: nodes are vertices by the millimetre, meetings, parts of long edges, and the origins."""
    streets = {
        id: row.geometry
        for id, row in city.streets.iterrows()
        if row["foot"] is not False and row["kind"] not in ("motorway", "trunk")
    }
    flat = dict(city.streets["flat"])
    ends = {key(c) for line in streets.values() for c in (line.coords[0], line.coords[-1])}
    found = nx.Graph()
    places = {}
    for id, line in streets.items():
        along = 0.0
        fine = [(0.0, key(line.coords[0]))]
        for a, b in itertools.pairwise(line.coords):
            long = math.dist(a, b)
            parts = max(1, math.ceil(long / 100))
            for n in range(1, parts):
                middle = np.array(a) + n / parts * (np.array(b) - np.array(a))
                fine.append((along + n / parts * long, key(middle)))
            along += long
            fine.append((along, key(b)))
        own = {key(c) for c in line.coords}
        # Where others end upon it, and where it crosses others, if either knows no levels.
        met = {each for each in ends - own if place(each).distance(line) <= 0.05}
        for other, across in streets.items():
            if other != id and (flat[id] or flat[other]):
                met |= {key(c) for c in shapely.get_coordinates(line.intersection(across))} - own
        fine += [(line.project(place(each)), each) for each in met]
        places.update({each: place(each) for _at, each in fine})
        fine += [(at, name) for _q, _s, _p, name, at in starts if name[1] == id]
        fine.sort(key=lambda stop: stop[0])
        for (from_, a), (to, b) in itertools.pairwise(fine):
            if a != b and to - from_ < found.get_edge_data(a, b, {"weight": math.inf})["weight"]:
                found.add_edge(a, b, weight=to - from_)
    return found, places


def key(c):
    return round(c[0] * 1000), round(c[1] * 1000)


def place(key):
    """A node lies in the middle of its millimetre."""
    return shapely.Point(key[0] / 1000, key[1] / 1000)


def walks(city: City, shapes, tolerance):
    """Metres from each origin to the nearest of (shape, patch), and its patch; infinite and None: there is none."""
    starts = origins(city)
    ways, places = graph(city, starts)
    for number, (shape, patch) in enumerate(shapes):
        for name, point in places.items():
            if name in ways and shape.distance(point) <= tolerance:
                ways.add_edge(("area", number, patch), name, weight=shape.distance(point))
    # One walks out of an area, never through it.
    out = nx.DiGraph()
    for a, b, data in ways.edges(data=True):
        for x, y in ((a, b), (b, a)):
            if y[0] != "area":
                out.add_edge(x, y, weight=data["weight"])
    doors = [name for name in out if name[0] == "area"]
    metres, paths = nx.multi_source_dijkstra(out, doors) if doors else ({}, {})
    return [
        (home, share, metres.get(name, math.inf), paths[name][0][2] if name in paths else None)
        for home, share, _point, name, _at in starts
    ]


def shares(city: City, rows, test):
    """Percent by quarter of (quarter, share, ...) that pass the test."""
    found = {}
    for id, inhabitants in city.quarters["inhabitants"].items():
        own = [row for row in rows if row[0] == id]
        found[id] = NAN if not own or inhabitants == 0 else 100 * sum(row[1] for row in own if test(row))  # fmt: skip
    return found


def per_inhabitant(city: City, id, what, factor=1.0):
    inhabitants = city.quarters.loc[id, "inhabitants"]
    return what / inhabitants * factor if inhabitants > 0 else NAN


def near_edge(city: City, rows, limit):
    border = unary_union(list(city.quarters.geometry)).boundary
    return shares(city, rows, lambda row: row[2].distance(border) <= limit)


def bands(limit):
    return {"": limit, "lower": limit * 0.9, "upper": limit * 1.1}


def green_per_inhabitant(city, v):
    union = unary_union(public(city))
    green = {
        id: per_inhabitant(city, id, union.intersection(q).area)
        for id, q in city.quarters.geometry.items()
    }
    return {"green": green, "iso37120": {id: each * 10 for id, each in green.items()}}


def green_within_300_m(city, v):
    shapes = [shape for shape, _patch in large(public(city), v["gap"], v["area"] * 1e4)]
    rows = origins(city)
    return {
        **{
            name or "share": shares(city, rows, lambda row, m=m: any(s.distance(row[2]) <= m for s in shapes))
            for name, m in bands(v["limit"]).items()
        },
        "near_edge": near_edge(city, rows, v["limit"]),
    }  # fmt: skip


def green_near_and_large(city, v):
    near = [shape for shape, _patch in large(public(city), v["gap"], v["area"] * 1e4)]
    far = [shape for shape, _patch in large(public(city), v["gap"], v["large_area"] * 1e4)]
    rows = origins(city)
    found = {}
    for name, f in {"share": 1, "lower": 0.9, "upper": 1.1}.items():

        def test(row, f=f):
            return any(s.distance(row[2]) <= v["limit"] * f for s in near) and any(
                s.distance(row[2]) <= v["large_limit"] * f for s in far
            )

        found[name] = shares(city, rows, test)
    return {**found, "near_edge": near_edge(city, rows, v["large_limit"])}


def green_within_a_walk(city, v):
    rows = walks(city, large(public(city), v["gap"], v["area"] * 1e4), v["tolerance"])
    found = {}
    for prefix, limit in (("", v["limit"]), ("far", v["far_limit"])):
        for name, m in bands(limit).items():
            column = "_".join(filter(None, (prefix, name))) or "share"
            found[column] = shares(city, rows, lambda row, m=m: row[2] <= m)
    return {**found, "near_edge": near_edge(city, origins(city), max(v["limit"], v["far_limit"]))}


def walk_to_green(city, v):
    rows = walks(city, large(public(city), v["gap"], v["area"] * 1e4), v["tolerance"])
    mean = {}
    for id, inhabitants in city.quarters["inhabitants"].items():
        there = [(share, m) for home, share, m, _patch in rows if home == id and m < math.inf]
        mean[id] = (
            NAN
            if not there or inhabitants == 0
            else sum(s * m for s, m in there) / sum(s for s, _m in there)
        )
    return {"walk": mean, "unreachable": shares(city, rows, lambda row: row[2] == math.inf)}


def park_area_within_a_walk(city, v):
    shapes = public(city, PARK_KINDS)
    _lists, areas = patches(shapes, v["gap"])
    rows = walks(city, large(shapes, v["gap"], v["area"] * 1e4), v["tolerance"])
    people = city.quarters["inhabitants"].fillna(0)
    users = {}
    for home, share, metres, patch in rows:
        if metres <= v["limit"]:
            users[patch] = users.get(patch, 0) + share * people[home]
    found = {}
    for id in city.quarters.index:
        own = [row for row in rows if row[0] == id]
        value = (
            sum(s * areas[p] / users[p] for _h, s, m, p in own if m <= v["limit"])
            if people[id] > 0
            else NAN
        )
        found[id] = value if own else NAN
    return {"area": found}


def own_plots(city):
    others = [row.geometry for _id, row in city.gardens.iterrows() if row["kind"] != "allotment-site"]  # fmt: skip
    found = {}
    for id, plot in city.plots.geometry.items():
        inside = plot.representative_point()
        if any(other.intersects(inside) for other in others):
            continue
        parts = {q: plot.intersection(area).area for q, area in city.quarters.geometry.items()}
        home = max(parts, key=lambda q: (parts[q], [-ord(c) for c in q]))
        if parts[home] > 0:
            found[id] = home
    return found


def allotments(city, v):
    homes = own_plots(city)
    sites = [row.geometry for _id, row in city.gardens.iterrows() if row["kind"] == "allotment-site"]  # fmt: skip
    union = unary_union([*sites, *(city.plots.geometry[id] for id in homes)])
    number, area = {}, {}
    for id, quarter in city.quarters.geometry.items():
        ground = union.intersection(quarter).area
        count = list(homes.values()).count(id)
        number[id] = NAN if count == 0 and ground > 0 else per_inhabitant(city, id, count, 1000)
        area[id] = per_inhabitant(city, id, ground)
    return {"plots": number, "area": area}


def large_plots(city, v):
    homes = own_plots(city)
    large_, all_ = {}, {}
    for id in city.quarters.index:
        own = [city.plots.geometry[plot] for plot, home in homes.items() if home == id]
        all_[id] = len(own)
        large_[id] = 100 * sum(plot.area > v["size"] for plot in own) / len(own) if own else NAN
    return {"large": large_, "plots": all_}


def standing(city, id, test=lambda row: True):
    return [row for _n, row in city.trees.iterrows() if row["quarter"] == id and test(row)]


def trees_per_hectare(city, v):
    number = {id: sum(row["number"] for row in standing(city, id)) for id in city.quarters.index}
    area = city.quarters.geometry.area
    return {"density": {id: n / area[id] * 1e4 for id, n in number.items()}, "trees": number}


def crown_cover(city, v):
    turns = [2 * math.pi * n / 64 for n in range(64)]
    wider = math.sqrt(math.pi / (32 * math.sin(2 * math.pi / 64)))
    discs = [
        shapely.Polygon(
            [(p.x + d / 2 * wider * math.cos(t), p.y + d / 2 * wider * math.sin(t)) for t in turns]
        )
        for p, d in zip(city.crowns.geometry, city.crowns["crown_m"], strict=True)
    ]
    union = unary_union(discs)
    cover = {
        id: union.intersection(q).area / q.area * 100 or NAN
        for id, q in city.quarters.geometry.items()
    }
    return {"cover": cover}


def edible_trees(city, v):
    def picked(row):
        return row["edible"] is True and row["access"] in ("public", "owner-permits")

    number = {id: sum(row["number"] for row in standing(city, id, picked)) for id in city.quarters.index}  # fmt: skip
    return {
        "edible": {id: per_inhabitant(city, id, n, 1000) for id, n in number.items()},
        "trees": number,
    }


def tree_diversity(city, v):
    found = {name: {} for name in ("effective", "entropy", "species", "genus", "family", "unknown")}
    for id in city.quarters.index:
        rows = standing(city, id)
        for rank in ("species", "genus", "family"):
            counts = {}
            for row in rows:
                if row[rank]:
                    counts[row[rank]] = counts.get(row[rank], 0) + row["number"]
            found[rank][id] = 100 * max(counts.values()) / sum(counts.values()) if counts else NAN
            if rank == "species":
                found["entropy"][id] = entropy(pd.Series(counts, dtype="float64"))
                # exp(H) as the product of p^-p.
                total = sum(counts.values())
                found["effective"][id] = (
                    math.prod((n / total) ** (-n / total) for n in counts.values())
                    if counts
                    else NAN
                )
                all_ = sum(row["number"] for row in rows)
                found["unknown"][id] = 100 - 100 * total / all_ if rows else NAN
    return found


def mesh_size(city, v):
    shapes = list(city.green.geometry)
    lists, areas = patches(shapes, v["gap"])
    found = {}
    for id, quarter in city.quarters.geometry.items():
        found[id] = sum(
            unary_union([shapes[n] for n in each]).intersection(quarter).area * size
            for each, size in zip(lists, areas, strict=True)
        ) / (quarter.area * 1e4)
    return {"mesh": found}


def corridor_gaps(city, v):
    lines = list(city.corridors.geometry)
    empty = dict.fromkeys(city.quarters.index, NAN)
    if not lines:
        return {"gaps": empty, "longest": empty, "components": empty}
    near = nx.Graph()
    near.add_nodes_from(range(len(lines)))
    near.add_edges_from(
        (a, b)
        for a, b in itertools.combinations(range(len(lines)), 2)
        if lines[a].distance(lines[b]) <= v["gap"]
    )
    chains = [unary_union([lines[n] for n in each]) for each in nx.connected_components(near)]
    far = nx.Graph()
    for a, b in itertools.combinations(range(len(chains)), 2):
        if chains[a].distance(chains[b]) <= v["farthest"]:
            far.add_edge(a, b, weight=chains[a].distance(chains[b]))
    gaps = [
        shapely.shortest_line(chains[a], chains[b])
        for a, b in nx.minimum_spanning_edges(far, data=False)
    ]
    found = {"gaps": {}, "longest": {}, "components": {}}
    for id, quarter in city.quarters.geometry.items():
        here = [gap.length for gap in gaps if gap.intersects(quarter)]
        found["gaps"][id] = len(here)
        found["longest"][id] = max(here, default=NAN)
        found["components"][id] = sum(chain.intersects(quarter) for chain in chains)
    return found


def compute(id: str, city: City, values) -> pd.DataFrame:
    """The figures of the indicator `id`, by the function of its name here."""
    return pd.DataFrame(globals()[id.replace("-", "_")](city, values), index=city.quarters.index)
