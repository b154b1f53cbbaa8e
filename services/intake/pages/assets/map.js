// A map without tiles: outlines and well-known names. What is picked goes into two fields of the form.
import { leaflet as L } from "/console/leaflet/index.js";

const AREA = { color: "#6f8598", weight: 1.2, fillColor: "#fff", fillOpacity: 0.75, interactive: false };
const ROAD = { color: "#c3ccd4", weight: 4, interactive: false };
const NAMES_FROM = 16;
const ROOM = 22; // pixels of air around the number of a house
const MOST_NAMES = 60;
const FAR = 2000; // metres outside the ground from which a position is of no use

const lon = document.getElementById("lon");
const lat = document.getElementById("lat");
const picked = document.getElementById("picked");
const nowhere = document.getElementById("nowhere");

export async function open() {
  const answer = await fetch("/report/ground");
  if (!answer.ok) return;
  const ground = await answer.json();
  if (!ground.box) return;
  await styled("/console/leaflet/leaflet/leaflet.css");
  document.getElementById("where").hidden = false;
  const element = document.getElementById("map");
  element.setAttribute("role", "application");
  element.setAttribute("aria-label", "地图，点一下选位置");
  const map = L.map(element, { attributionControl: false, zoomControl: false, zoomSnap: 0.5, minZoom: 9, maxZoom: 19 });
  L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
  const [west, south, east, north] = ground.box;
  const box = L.latLngBounds([south, west], [north, east]);
  map.fitBounds(box, { animate: false });
  ground.areas.forEach((area) => L.geoJSON(area.shape, { style: AREA }).addTo(map));
  ground.roads.forEach(([, ax, ay, bx, by]) => L.polyline([[ay, ax], [by, bx]], ROAD).addTo(map));
  names(map, ground);
  choosing(map, box, element);
}

function choosing(map, box, element) {
  map.createPane("dots").style.zIndex = 650;
  const dot = L.circleMarker([0, 0], { pane: "dots", radius: 9, color: "#fff", weight: 3, fillColor: "#c62828", fillOpacity: 1, interactive: false });
  const pick = (at, words) => {
    lon.value = at.lng.toFixed(6);
    lat.value = at.lat.toFixed(6);
    dot.setLatLng(at).addTo(map);
    picked.textContent = words;
    nowhere.hidden = false;
  };
  // A finger on the whole street is a hundred metres wide: the first touch goes nearer.
  map.on("click", (event) => {
    const near = map.getZoom() >= NAMES_FROM;
    if (!near) map.setView(event.latlng, 17, { animate: false });
    pick(event.latlng, near ? "已在图上选了位置，再点可以改。" : "已在图上选了位置，图放大了，再点准一些。");
  });
  document.getElementById("centre").addEventListener("click", () => pick(map.getCenter(), "已取图中心的位置。"));
  nowhere.addEventListener("click", () => {
    lon.value = lat.value = "";
    dot.remove();
    nowhere.hidden = true;
    picked.textContent = "没有选位置，按地址找。";
  });
  const here = document.getElementById("here");
  if (!navigator.geolocation || !isSecureContext) here.hidden = true;
  here.addEventListener("click", () => {
    picked.textContent = "正在定位……";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const at = L.latLng(coords.latitude, coords.longitude);
        if (at.distanceTo(box.getCenter()) > box.getCenter().distanceTo(box.getNorthEast()) + FAR) {
          picked.textContent = "您现在不在本区域，请在图上点问题的位置。";
          return;
        }
        map.setView(at, 17, { animate: false });
        pick(at, `已取您现在的位置，误差约 ${Math.round(coords.accuracy)} 米，不准可以再点。`);
      },
      () => (picked.textContent = "定不了位，请在图上点，或者写地址。"),
      { enableHighAccuracy: true, timeout: 10000 },
    );
  });
  if (lon.value && lat.value) {
    const at = L.latLng(Number(lat.value), Number(lon.value));
    map.setView(at, 16, { animate: false });
    pick(at, "已在图上选了位置，再点可以改。");
  } else if (element.dataset.lon) {
    const at = [Number(element.dataset.lat), Number(element.dataset.lon)];
    map.setView(at, 16, { animate: false });
    L.circleMarker(at, { pane: "dots", radius: 7, weight: 3, color: "#123b63", fillColor: "#f2b01e", fillOpacity: 1, interactive: false }).addTo(map);
    picked.textContent = "黄点是店门口；不在那里的，点一下实际位置。";
  }
}

// Far away the areas are named, near by the places; never more than fit.
function names(map, ground) {
  const layer = L.layerGroup().addTo(map);
  const areas = ground.areas.map((area) => [area.name, L.geoJSON(area.shape).getBounds().getCenter(), "area"]);
  const places = ground.places.map(([name, x, y, common]) => [name, L.latLng(y, x), "", common]);
  const show = () => {
    const near = map.getZoom() >= NAMES_FROM;
    const seen = map.getBounds();
    const taken = [];
    layer.clearLayers();
    for (const [name, at, kind, common] of near ? places : areas) {
      if (taken.length >= MOST_NAMES) break;
      if (!seen.contains(at)) continue;
      const point = map.latLngToContainerPoint(at);
      const size = (kind ? 13 : 12) * name.length;
      const spot = { left: point.x - size / 2, right: point.x + size / 2, top: point.y - 9, bottom: point.y + 9 };
      if (common) Object.assign(spot, { left: spot.left - ROOM, right: spot.right + ROOM, top: spot.top - ROOM, bottom: spot.bottom + ROOM });
      if (taken.some((other) => spot.left < other.right && spot.right > other.left && spot.top < other.bottom && spot.bottom > other.top)) continue;
      taken.push(spot);
      const label = document.createElement("span");
      label.textContent = name;
      L.marker(at, { icon: L.divIcon({ className: `spot-name ${kind}`, html: label, iconSize: [size, 18], iconAnchor: [size / 2, kind ? 9 : -6] }), interactive: false, keyboard: false }).addTo(layer);
    }
  };
  map.on("moveend zoomend", show);
  show();
}

function styled(address) {
  return new Promise((done, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = done;
    link.onerror = failed;
    document.head.append(link);
  });
}
