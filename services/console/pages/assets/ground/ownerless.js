// The register of ownerless ground: a list beside the map, one entry opened below it.
import { call } from "./api.js";
import { area, busy, by_id, failed, fill, h, quiet, table, when } from "./dom.js";
import { GridMap } from "./map.js";
import { unit_namer } from "./names.js";
import { draw_one } from "./ownerless_one.js";

const PAGE = 100;
const list = by_id("list");
const one = by_id("one");
const map = new GridMap(by_id("map"));
let cursor = null;
let shown = null; // the overlay under the dots

async function load(again) {
  const asked = new URLSearchParams({ limit: PAGE });
  for (const name of ["state", "kind"]) if (by_id(name).value) asked.set(name, by_id(name).value);
  if (!again && cursor) asked.set("cursor", cursor);
  const [page, unit] = (await busy([], list, () => Promise.all([call("/grids/v1/ownerless?" + asked), unit_namer()]))) ?? [];
  if (!page) return;
  if (again) {
    fill(list);
    map.clear();
  } else list.querySelector(".more")?.remove();
  cursor = page.next;
  if (!page.items.length) list.append(quiet("没有这样的地方。导入边界后地图会自己找出空白和重叠，推来推去的案件也会列进来。"));
  else list.append(table(["哪里", "原因", "状态", "归谁", "工单 前/后"], page.items.map((ground) => row(ground, unit)), "三不管地带台账"));
  if (cursor) list.append(h("button", { type: "button", class: "more", onclick: () => load(false) }, "再列一些"));
}

function row(ground, unit) {
  const { place } = ground;
  const open = () => choose(ground.id);
  if (place.lon !== null) map.spot(place.lon, place.lat, title(ground), open);
  const whose = ground.ruling ? unit(ground.ruling.unit) : ground.holder ? unit(ground.holder) + "（代管）" : "没有人";
  return [
    h("button", { type: "button", class: "as-link", onclick: open, "data-ground": ground.id }, title(ground)),
    ground.kind_name + (ground.area_m2 ? `，${area(ground.area_m2)}` : ""),
    h("span", { class: "badge " + ground.state }, ground.state_name),
    whose,
    `${ground.orders.before} / ${ground.orders.after ?? "—"}`,
  ];
}

function title(ground) {
  const grids = Object.values(ground.place.grids).flat();
  return ground.place.text || grids.join("、") || `${ground.kind_name} ${when(ground.first_seen)}`;
}

async function choose(id, said) {
  one.hidden = false;
  try {
    const ground = await call("/grids/v1/ownerless/" + id);
    await draw_one(one, ground, title(ground), (told) => {
      choose(id, told);
      load(true);
    });
    if (said) one.prepend(h("p", { class: "right-done", role: "status" }, said));
    await show(ground.overlays.length === 1 ? ground.overlays[0] : "comprehensive");
    if (ground.place.lon !== null) map.go(ground.place.lon, ground.place.lat, 16);
    if (ground.place.bounds) map.box(ground.place.bounds);
    one.focus();
  } catch (error) {
    failed(error, one);
  }
}

async function show(overlay) {
  if (overlay === shown) return;
  shown = overlay;
  await map.overlay(overlay).catch(() => {}); // without grids there is still the list
}

for (const name of ["state", "kind"]) by_id(name).addEventListener("change", () => load(true));
await show("comprehensive");
await load(true);
