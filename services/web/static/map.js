// The planner's map: shipped outlines, no tiles, no request to anybody else.
// Markers are decoration for assistive technology: the timeline shows the same visits.

const place = document.getElementById("kaart");
const FIT = { padding: [10, 10] };
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

function icon(html, size = 26) {
  return L.divIcon({ className: "map-icon", html, iconSize: [size, size] });
}

function stopIcon(route, stop) {
  const shape = `<use href="#m-${route.style}" x="-13" y="-13" width="26" height="26"/>`;
  const ring = stop.state === "is-busy" ? '<circle class="stop-now-ring" r="12.200"/>' : "";
  const late = stop.state === "is-late"
    ? '<circle class="tl-now-flag" cx="9" cy="-9" r="5.500"/><text class="stop-late-text" x="9" y="-6">!</text>'
    : "";
  const done = stop.state === "is-done" ? " stop-done" : "";
  return icon(
    `<svg viewBox="-15 -15 30 30" class="team-${route.style}${done}" aria-hidden="true">${ring}${shape}` +
      `<text class="mark-number" y="3.800">${Number(stop.n)}</text>${late}</svg>`,
    28,
  );
}

const post = icon(
  '<svg viewBox="-13 -13 26 26" aria-hidden="true"><rect class="post-mark" x="-9" y="-9" width="18" height="18"/>' +
    '<path d="M-5 0h10M0-5v10" class="post-cross"/></svg>',
  22,
);
const open = icon(
  '<svg viewBox="-13 -13 26 26" aria-hidden="true"><rect class="stop-open" x="-9" y="-9" width="18" height="18" rx="1"/>' +
    '<text class="stop-open-text" y="4.500">?</text></svg>',
  22,
);

async function outline(map, address, pane, className) {
  const answer = await fetch(address);
  if (!answer.ok) return null;
  return L.geoJSON(await answer.json(), {
    interactive: false,
    pane,
    style: { className, stroke: true, fill: true },
  }).addTo(map);
}

function names(map, areas) {
  areas.eachLayer((layer) => {
    const size = layer.getBounds();
    if (size.getEast() - size.getWest() < 0.12) return;
    L.marker(size.getCenter(), {
      interactive: false,
      keyboard: false,
      pane: "names",
      icon: L.divIcon({ className: "map-place", html: "", iconSize: [120, 16] }),
    }).on("add", (event) => {
      event.target.getElement().textContent = layer.feature.properties.name;
    }).addTo(map);
  });
}

function draw(layer, data) {
  layer.clearLayers();
  for (const route of data.routes) {
    const points = [route.depot, ...route.stops.map((stop) => stop.at), route.depot].filter(Boolean);
    L.polyline(points, { className: "route-case", interactive: false }).addTo(layer);
    L.polyline(points, {
      className: `route team-${route.style}`,
      dashArray: route.dash || null,
      interactive: false,
    }).addTo(layer);
  }
  const marker = (at, shown, above) =>
    L.marker(at, { icon: shown, interactive: false, keyboard: false, zIndexOffset: above }).addTo(layer);
  for (const at of data.open) marker(at, open, 0);
  for (const at of data.posts) marker(at, post, 500);
  for (const route of data.routes) for (const stop of route.stops) marker(stop.at, stopIcon(route, stop), 1_000);
}

async function start() {
  place.replaceChildren();
  const map = L.map(place, {
    attributionControl: true,
    zoomControl: false,
    keyboard: false,
    zoomSnap: 0.1,
    zoomAnimation: !still,
    fadeAnimation: !still,
    scrollWheelZoom: false,
  });
  L.control.zoom({ zoomInTitle: place.dataset.in, zoomOutTitle: place.dataset.out }).addTo(map);
  map.getPane("mapPane").setAttribute("aria-hidden", "true");
  map.attributionControl.setPrefix(false).addAttribution(place.dataset.attribution);
  for (const [name, above] of [["far", 200], ["land", 210], ["names", 350]]) {
    map.createPane(name).style.zIndex = above;
  }
  map.setView([52.1, 5.2], 9);
  await outline(map, place.dataset.far, "far", "land-far");
  const areas = place.dataset.outline ? await outline(map, place.dataset.outline, "land", "land") : null;
  if (areas) {
    map.fitBounds(areas.getBounds(), FIT);
    names(map, areas);
  }
  const layer = L.layerGroup().addTo(map);
  const update = async () => {
    const source = place.parentElement.dataset.source; // not on the map itself, which a refresh skips: at midnight the day changes
    const answer = await fetch(source);
    if (answer.ok) draw(layer, await answer.json());
  };
  await update();
  document.body.addEventListener("htmx:after:swap", update);
  addEventListener("beforeprint", () => areas && map.fitBounds(areas.getBounds(), FIT));
  place.dataset.drawn = "yes";
}

if (place && window.L) start();
