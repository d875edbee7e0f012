// The map page: puts the modules together. Everything it enhances stands on the page already.

import { canDraw } from "../pages/map.js";
import { makeContributing } from "./contribute.js";
import { makeCopying } from "./copy.js";
import { addCounts } from "./counts.js";
import { closeDetails, openDetails } from "./details.js";
import { makeFind } from "./find.js";
import { addHighlight } from "./highlight.js";
import { makeLayerSwitch } from "./layers.js";
import { makeList, refreshList } from "./list.js";
import { makeLive } from "./live.js";
import { makeMap } from "./map.js";
import { makeOffline } from "./offline.js";
import { makePending, openPending } from "./pending.js";
import { hitsAt } from "./pick.js";
import { makeSearch } from "./search.js";
import { element, settings, text } from "./settings.js";
import { makeSheetLink } from "./see.js";
import { setView } from "./state.js";
import { say } from "./status.js";
import { makeTabs, showTab } from "./tabs.js";
import { followFilter } from "./tiles.js";
import { makeWaiting } from "./waiting.js";
import { makeWalk } from "./walk.js";

makeTabs();
makeCopying();
makeFind(canDraw());
keepPlaceInLanguageLinks();
if (canDraw()) {
  start();
} else {
  document.documentElement.classList.add("no-map");
  const note = element("map-note");
  note.textContent = text("noMap");
  note.hidden = false;
  makeContributing(null);
  makeWaiting(null);
  makeOffline(null);
  makeSearch(({ address, view }) => {
    location.href = view || address;
  });
}

function start() {
  const map = makeMap(element("map"));
  const add = makeContributing(map);
  makeWaiting(map);
  makeOffline(map);
  map.once("load", () => {
    addCounts(map);
    addHighlight(map);
    makePending(map);
    makeLayerSwitch(map);
    followFilter(map);
    makeList(map, (layer, id) => void openDetails(map, layer, id));
    // The server made the list for the whole city; this view may be another.
    void refreshList(map);
    makeLive(map);
    openLinked();
    // A link of ours that is opened in the same window, or typed in.
    window.addEventListener("hashchange", openLinked);
    makeSheetLink(map);
    makeWalk(map);
  });
  // For whoever drives this page: everything in view is drawn.
  map.once("idle", () => document.documentElement.classList.add("map-drawn"));
  makeSearch(found);
  map.on("click", (event) => ask(event.point, event.lngLat));
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key === "Enter") ask(map.project(map.getCenter()), map.getCenter());
  });
  document.addEventListener("keydown", (event) => {
    // What somebody has begun to type is not thrown away by a key.
    if (event.key === "Escape" && !add.isBusy()) closeDetails(map);
  });

  /**
   * @param {{x: number, y: number}} place
   * @param {{lng: number, lat: number}} position
   */
  function ask(place, position) {
    if (add.wantsPosition()) {
      add.setPosition(position);
      return;
    }
    if (add.isBusy()) {
      say(text("formOpen"));
      return;
    }
    if (openPending(map, place)) return;
    const [first, ...others] = hitsAt(map, place);
    // A marker of several points comes apart nearer by.
    if (first?.several) map.easeTo({ center: first.several, zoom: map.getZoom() + 2 });
    else if (first) void openDetails(map, first.layer, first.id, others.filter((other) => !other.several));
    else say(text("nothingHere"));
  }

  /**
   * What the search has found: its place and its details, or where there is what it is called after.
   * @param {import("./search.js").Hit} hit
   */
  function found({ layer, id, position, zoom, view, address }) {
    if (position) {
      map.jumpTo({ center: position, zoom });
      void openDetails(map, layer, id);
    } else if (view) {
      const query = new URL(view, location.href).searchParams;
      setView({ layer: query.get("layer") ?? settings.home, filter: query.get("filter") ?? "", near: "" });
      showTab("list");
    } else {
      location.href = address;
    }
  }

  /** `#feature=layer/id` in the address opens that feature's details. */
  function openLinked() {
    const linked = new URLSearchParams(location.hash.slice(1)).get("feature") ?? "";
    const [, layer, id] = /^([\w-]+)\/([0-9a-f-]{36})$/.exec(linked) ?? [];
    if (layer) void openDetails(map, layer, id);
  }
}

/** The other language shows the same view. */
function keepPlaceInLanguageLinks() {
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a.language"))) {
    link.addEventListener("click", () => {
      link.search = location.search;
      link.hash = location.hash;
    });
  }
}
