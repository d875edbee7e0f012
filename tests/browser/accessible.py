"""Whether a page is for everyone: WCAG 2.2 AA by axe-core, wide by day and at 320 pixels by night."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from playwright.sync_api import Page, ViewportSize

from tests.conftest import PROJECT

AXE = (PROJECT / "geoplatform/pages/node_modules/axe-core/axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}
# Until a picture with the new colours and sizes is there, and none of them is on its way: colours change over a moment,
# however short, which on a busy machine may begin a frame late.
DRAWN = """async () => {
  for (let still = true; still;) {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const moving = document.getAnimations().filter(each => each instanceof CSSTransition);
    await Promise.allSettled(moving.map(each => each.finished));
    still = moving.length > 0;
  }
}"""
# A map drawn in software would take most of the time: pages that are looked at for their words go without.
WITHOUT_WEBGL = """const made = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.startsWith("webgl") ? null : made.call(this, kind, ...more);
};"""


def violations(page: Page) -> list[str]:
    """What axe finds."""
    if not page.evaluate("'axe' in window"):
        # Not by a script element, which our policy forbids.
        page.evaluate(AXE)
    # Of what is right it shall write nothing down: half the time.
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found: Any = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{each['id']}: {each['help']}: {[_told(node) for node in each['nodes'][:3]]}"
        for each in found["violations"]
    ]


def _told(node: dict[str, Any]) -> str:
    return f"{node['html'][:200]} {node.get('failureSummary', '')[-160:]}"


def wide(page: Page) -> int:
    """How many CSS pixels wide it is, beyond the window too."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


Look = Literal["wide", "narrow"]


def faults(page: Page, *looks: Look) -> Iterator[str]:
    """What is wrong with the page that stands there, looked at without loading it again: wide by day, and at 320 pixels
    by night (what depends on the width does not depend on the hour); both where `looks` names none. Whether it scrolls
    sideways is asked always."""
    if "wide" in looks or not looks:
        # Or colours are read while they change.
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size(WIDE)
        page.evaluate(DRAWN)
        yield from (f"wide: {each}" for each in violations(page))
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(NARROW)
    page.evaluate(DRAWN)
    if wide(page) > NARROW["width"]:
        yield f"{wide(page)} pixels wide"
    if "narrow" in looks or not looks:
        yield from (f"narrow, dark: {each}" for each in violations(page))
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
