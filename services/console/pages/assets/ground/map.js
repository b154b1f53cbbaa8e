// A map without tiles: the fabric itself is the map. What can be clicked on it can be reached from a list beside it.
import { leaflet as L } from "/console/leaflet/index.js";
import { call } from "./api.js";
import { open_card } from "./card.js";

const PALETTE = ["#7aa6d6", "#8fc9a3", "#e8c07d", "#c79ad1", "#e59d8f", "#8ecbd0", "#b7c66f", "#a9a4de", "#d9a5bd", "#9db4a0"];
const PLAIN = { color: "#40566b", weight: 1.5, fillOpacity: 0.3 };
export const OUTSIDE = { color: "#b71c1c", weight: 2, fillColor: "#e53935", fillOpacity: 0.45 };
export const OLD = { color: "#0b57a4", weight: 3, dashArray: "7 6", fill: false, interactive: false };
export const NEW = { color: "#d35400", weight: 3, fillColor: "#f2a15f", fillOpacity: 0.15 };

export class GridMap {
  constructor(element) {
    element.setAttribute("role", "application");
    element.setAttribute("aria-label", "网格地图，内容在旁边的列表里都有");
    this.map = L.map(element, { attributionControl: false, zoomControl: false, zoomSnap: 0.25, minZoom: 3, maxZoom: 19 }).setView([35, 105], 4);
    L.control.zoom({ position: "topright", zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(this.map);
    this.ground = L.layerGroup().addTo(this.map);
    this.lines = L.layerGroup().addTo(this.map);
    this.spots = L.layerGroup().addTo(this.map);
    this.grids = new Map();
    this.framed = false;
    new ResizeObserver(() => this.map.invalidateSize({ pan: false })).observe(element);
  }

  // The grids in force of one overlay; `outside` are codes to be seen at once.
  async overlay(code, outside = new Set()) {
    const told = await call("/grids/v1/overlays/" + encodeURIComponent(code));
    this.ground.clearLayers();
    this.grids.clear();
    told.features.forEach((feature, place) => {
      const { code: grid, name } = feature.properties;
      const look = outside.has(grid) ? OUTSIDE : { ...PLAIN, fillColor: PALETTE[place % PALETTE.length] };
      const layer = L.geoJSON(feature.geometry, { style: look }).bindTooltip(text(name), { sticky: true });
      layer.on("click", (event) => (this.pick ? this.pick(event.latlng) : open_card(code, grid)));
      this.grids.set(grid, layer.addTo(this.ground));
    });
    if (!this.framed) this.frame([...this.grids.values()]);
  }

  // Lines over the ground, such as borders as they are and as they would be.
  draw(collection, look) {
    const drawn = L.geoJSON(collection, {
      style: look,
      onEachFeature: (feature, layer) => layer.bindTooltip(text(feature.properties.name), { sticky: true }),
    }).addTo(this.lines);
    return drawn;
  }

  frame(layers) {
    const box = L.featureGroup(layers.filter(Boolean)).getBounds();
    if (!box.isValid()) return;
    this.framed = true;
    this.map.invalidateSize({ pan: false });
    this.map.fitBounds(box, { padding: [16, 16], animate: false, maxZoom: 18 });
  }

  clear() {
    this.lines.clearLayers();
    this.spots.clearLayers();
  }

  spot(lon, lat, words, onclick) {
    const dot = L.circleMarker([lat, lon], { radius: 7, color: "#fff", weight: 2, fillColor: "#c62828", fillOpacity: 1 });
    if (words) dot.bindTooltip(text(words));
    if (onclick) dot.on("click", onclick);
    return dot.addTo(this.spots);
  }

  // Replaces the box that was shown before, and goes there.
  box([west, south, east, north]) {
    this.boxed?.remove();
    const look = { color: "#c62828", weight: 2, fillOpacity: 0.1, interactive: false };
    this.boxed = L.rectangle([[south, west], [north, east]], look).addTo(this.spots);
    this.map.fitBounds(this.boxed.getBounds(), { padding: [50, 50], animate: false, maxZoom: 17 });
  }

  go(lon, lat, zoom = 17) {
    this.framed = true;
    this.map.invalidateSize({ pan: false });
    this.map.setView([lat, lon], zoom, { animate: false });
    this.map.getContainer().scrollIntoView({ block: "nearest" });
  }
}

function text(words) {
  const span = document.createElement("span");
  span.textContent = words;
  return span;
}
