import { leaflet as L } from "nicegui-leaflet";
import { loadResource } from "../../static/utils/resources.js";

const LIGHTS = { red: "#c62828", yellow: "#e0a100", green: "#2e7d32" };

export default {
  template: `<div class="map" role="application" aria-label="网格地图。图上的案件都在列表里，可用键盘打开"></div>`,
  props: { box: Array, grids: Array, resourcePath: String },
  async mounted() {
    await this.$nextTick();
    await loadResource(window.path_prefix + `${this.resourcePath}/leaflet/leaflet.css`);
    if (this.gone) return; // the page was left while the map was loading
    this.map = L.map(this.$el, { attributionControl: false, zoomSnap: 0.25, minZoom: 3, maxZoom: 19 });
    this.map.createPane("dots").style.zIndex = 450;
    this.polygons = L.layerGroup().addTo(this.map);
    this.dots = new Map();
    this.boxed = false;
    if (this.box) this.fit(this.box);
    else this.map.setView([35, 105], 4);
    this.show_grids(this.late ?? this.grids);
    this.waiting.splice(0).forEach(([upserts, removed]) => this.change(upserts, removed));
    this.observer = new ResizeObserver(() => this.map.invalidateSize({ pan: false }));
    this.observer.observe(this.$el);
  },
  created() {
    this.waiting = [];
  },
  unmounted() {
    this.gone = true;
    this.observer?.disconnect();
    this.map?.remove();
  },
  methods: {
    fit(box) {
      this.boxed = true;
      this.map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { padding: [8, 8], animate: false });
    },
    show_grids(grids) {
      if (!this.map) {
        this.late = grids;
        return;
      }
      this.polygons.clearLayers();
      for (const grid of grids) {
        const layer = L.geoJSON(grid.geometry, {
          style: { color: "#40566b", weight: 1.5, fillColor: grid.colour, fillOpacity: 0.32 },
        });
        layer.on("click", () => import("/console/assets/ground/card.js").then(({ open_card }) => open_card(grid.overlay, grid.code)));
        const words = document.createElement("span");
        words.textContent = grid.labelled ? grid.name : `${grid.name} · ${grid.unit}`;
        layer.bindTooltip(words, grid.labelled
          ? { permanent: true, direction: "center", className: "grid-label" }
          : { sticky: true });
        this.polygons.addLayer(layer);
      }
      if (!this.boxed && grids.length) {
        const box = L.featureGroup(this.polygons.getLayers()).getBounds();
        if (box.isValid()) this.fit([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]);
      }
    },
    change(upserts, removed) {
      if (!this.map) {
        this.waiting.push([upserts, removed]);
        return;
      }
      for (const id of removed) this.take_off(id);
      for (const dot of upserts) {
        this.take_off(dot.id);
        if (dot.lat === null || dot.lon === null) continue;
        const layer = L.circleMarker([dot.lat, dot.lon], {
          pane: "dots", radius: dot.light === "red" && !dot.ended ? 7 : 5, weight: 1.5, color: "#fff",
          fillColor: dot.ended ? "#78909c" : LIGHTS[dot.light], fillOpacity: 1,
        });
        layer.bindPopup(() => this.card(dot), { autoPan: true });
        layer.addTo(this.map);
        this.dots.set(dot.id, { layer, light: dot.light });
      }
      for (const light of ["yellow", "red"])
        for (const dot of this.dots.values()) if (dot.light === light) dot.layer.bringToFront();
    },
    take_off(id) {
      this.dots.get(id)?.layer.remove();
      this.dots.delete(id);
    },
    card(dot) {
      const card = document.createElement("div");
      card.className = "dot-card";
      const title = document.createElement("a");
      title.href = "/cases/" + encodeURIComponent(dot.id);
      title.textContent = dot.title;
      const more = document.createElement("p");
      more.textContent = `${dot.state_name} · ${dot.lead}`;
      card.append(title, more);
      return card;
    },
  },
};
