"""Walks between features, the slow and plain way: one edge, one shape after the other, and networkx."""

from __future__ import annotations

import itertools
import math

import networkx as nx
import shapely

from geoplatform.analysis.reply import TOLERANCE


def walk(graph, start, end):
    """One shape's way to another; never through a third."""
    stay = [node for node in graph if node[0] != "shape" or node in (start, end)]
    try:
        return nx.shortest_path_length(graph.subgraph(stay), start, end, weight="weight")
    except (nx.NetworkXNoPath, nx.NodeNotFound):
        return math.inf


def graph_of(ways, shapes):
    """The network's edges cut where shapes meet them, one edge after the other."""
    found = nx.Graph()
    found.add_nodes_from(("shape", number) for number in range(len(shapes)))
    for edge, (a, b, length) in enumerate(zip(ways.start, ways.end, ways.length, strict=True)):
        line = shapely.LineString([(ways.x[a], ways.y[a]), (ways.x[b], ways.y[b])])
        stops = [(0.0, ("node", a)), (float(length), ("node", b))]
        for number, shape in enumerate(shapes):
            far = line.distance(shape)
            if far > TOLERANCE:
                continue
            spots = [shapely.shortest_line(line, shape).coords[0]]
            if far == 0:
                spots += shapely.get_coordinates(line.intersection(shape)).tolist()
            for n, spot in enumerate(spots):
                into = min(line.project(shapely.Point(spot)), float(length))
                name = ("place", edge, number, n)
                stops.append((into, name))
                join(found, ("shape", number), name, far)
        stops.sort(key=lambda stop: (stop[0], stop[1][0] == "node" and stop[1][1] == b))
        for (here, p), (there, q) in itertools.pairwise(stops):
            join(found, p, q, there - here)
    return found


def join(graph, a, b, weight):
    if a != b:
        least = graph.get_edge_data(a, b, {"weight": math.inf})["weight"]
        graph.add_edge(a, b, weight=min(weight, least))
