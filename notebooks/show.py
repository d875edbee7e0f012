"""What the notebooks share: the platform, ready within a notebook, and maps that ask no host but the platform itself.

Nothing is reckoned here: figures come from `geoplatform.analysis` and the platform's interface.
"""

from __future__ import annotations

import html
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import folium
import geopandas as gpd

if TYPE_CHECKING:
    from geoplatform.analysis.answer import Answer
    from geoplatform.analysis.indicator import Column
    from geoplatform.analysis.reply import Reply

PROJECT = Path(__file__).resolve().parent.parent
# The running server: `make demo` starts it there.
PLATFORM = os.environ.get("PLATFORM", "http://127.0.0.1:8000")
LEAFLET = PROJECT / "geoplatform/pages/node_modules/leaflet/dist"
# As on the planner's page, light to dark.
SHADES = {1: "#f1f3cf", 2: "#c5dd9c", 3: "#86bd7b", 4: "#2e7a4b", 5: "#14502e"}
NONE = "#d8d8d8"


def begin(language: str = "en") -> None:
    """Make `geoplatform` ready: its settings, its database, its words in a language."""
    sys.path.insert(0, str(PROJECT))
    os.chdir(PROJECT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoplatform.settings")
    # A notebook runs within an event loop, where Django else refuses to wait for a database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    import django
    from django.utils import translation

    django.setup()
    translation.activate(language)


def answer_map(answer: Answer, column: str = "") -> folium.Map:
    """An indicator's answer: its quarters in the classes of the planner's page."""
    return areas(answer.rows, answer.indicator.column(column))


def reply_map(reply: Reply) -> folium.Map:
    """The answer to a question of features, area by area."""
    from geoplatform.analysis.said import column

    return areas(reply.rows, column(reply.question))


def areas(rows: gpd.GeoDataFrame, column: Column) -> folium.Map:
    """Rows with `name` and a figure, in classes, with their legend."""
    from geoplatform.analysis.about import figure
    from geoplatform.planning.classes import classified

    values = rows[column.name].astype("float64")
    classes = classified(values, column, "quantiles")
    found = [classes.of(value) for value in values]
    shown = gpd.GeoDataFrame(
        {
            "name": rows["name"],
            "figure": [figure(value, column, unit=True) for value in values],
            "color": [SHADES[each.shade] if each else NONE for each in found],
        },
        geometry=rows.geometry,
        crs=rows.crs,
    )
    made = plain(shown)
    folium.GeoJson(
        shown.to_json(),
        style_function=lambda each: {
            "fillColor": each["properties"]["color"],
            "fillOpacity": 0.75,
            "color": "#4d5a48",
            "weight": 1,
        },
        tooltip=folium.GeoJsonTooltip(["name", "figure"], labels=False),
    ).add_to(made)
    legend = [(SHADES[each.shade], each.words) for each in classes.classes]
    _add_legend(made, f"{column.title} ({column.unit})" if column.unit else str(column.title), legend)  # fmt: skip
    return made


def points(rows: gpd.GeoDataFrame, label: str) -> folium.Map:
    """Points, each with its label."""
    made = plain(rows)
    folium.GeoJson(
        rows[[label, "geometry"]].to_json(),
        marker=folium.CircleMarker(
            radius=4, color="#8c1c2b", weight=1, fill=True, fill_opacity=0.8
        ),
        tooltip=folium.GeoJsonTooltip([label], labels=False),
    ).add_to(made)
    return made


def plain(rows: gpd.GeoDataFrame) -> folium.Map:
    """A map of where the rows are, over the platform's own picture of green and streets (WMS)."""
    west, south, east, north = rows.total_bounds
    made = folium.Map(tiles=None, height=480)
    # The library is written into the page: the addresses that folium knows by itself are other hosts'.
    made.default_js, made.default_css = [], []
    script, style = (LEAFLET / name for name in ("leaflet.js", "leaflet.css"))
    text = script.read_text().partition("\n//# sourceMappingURL")[0]
    head = f"<script>{text}</script><style>{style.read_text()}</style>"
    made.get_root().header.add_child(folium.Element("{% raw %}" + head + "{% endraw %}"), name="leaflet")  # fmt: skip
    folium.WmsTileLayer(
        f"{PLATFORM}/wms",
        layers="green-spaces,streets",
        fmt="image/png",
        transparent=True,
        version="1.3.0",
        attr="",
    ).add_to(made)
    made.fit_bounds([[south, west], [north, east]])
    return made


def _add_legend(made: folium.Map, title: str, classes: list[tuple[str, str]]) -> None:
    items = "".join(
        f'<li><span style="background:{color};border:1px solid #4d5a48;display:inline-block;width:1.2em">&nbsp;</span>'
        f" {html.escape(words)}</li>"
        for color, words in classes
    )
    text = (
        '<div style="position:absolute;top:1em;right:1em;z-index:1000;background:#fffdf7;padding:0.5em 0.75em;'
        f'font:14px sans-serif"><b>{html.escape(title)}</b>'
        f'<ul style="list-style:none;margin:0;padding:0">{items}</ul></div>'
    )
    made.get_root().html.add_child(folium.Element("{% raw %}" + text + "{% endraw %}"))
