// An address on the map: how it was recognised, whose the place is, which components are near.
import { call } from "./api.js";
import { busy, button, by_id, facts, fill, h, number, quiet, table } from "./dom.js";
import { GridMap } from "./map.js";
import { fill_overlays, kind_name, overlay_namer, unit_namer } from "./names.js";

const NEAR_METRES = 100;
const map = new GridMap(by_id("map"));
const found = by_id("found");
const there = by_id("there");
const select = by_id("overlay");

async function search(address) {
  const told = await call("/grids/v1/resolve?" + new URLSearchParams({ address }));
  map.clear();
  const { match } = told;
  if (!match) {
    there.hidden = true;
    fill(found, h("p", { class: "wrong" }, "没有认出来。换个写法，或把这个地方加进地名地址库；这样的工单会转人工定位。"));
    return;
  }
  fill(found,
    facts([
      ["认成", `${match.name}（${kind_name(match.kind)}）`],
      ["怎么认的", match.told],
      ["认出的字", match.matched],
      ["可信度", `${Math.round(match.confidence * 100)}%${told.triage ? "，太低，这样的工单会转人工定位" : ""}`],
      ["在别处", match.elsewhere ?? ""],
    ].filter(([, said]) => said)),
    match.alternatives.length ? [h("h3", {}, "也可能是"), h("ul", { class: "faults" }, match.alternatives.map(other))] : null,
  );
  await look(match.lon, match.lat, match.name, told);
}

function other(one) {
  const words = `${one.name}，${Math.round(one.confidence * 100)}%`;
  map.spot(one.lon, one.lat, one.name).setStyle({ fillColor: "#8a5a00" });
  return h("li", {}, words, " ", button("在图上看", () => busy([], there, () => look(one.lon, one.lat, one.name))));
}

async function look(lon, lat, name, known) {
  const [told, near, overlay, unit] = await Promise.all([
    known ?? call("/grids/v1/resolve?" + new URLSearchParams({ lon, lat })),
    call("/grids/v1/components?" + new URLSearchParams({ near: `${lon},${lat}`, metres: NEAR_METRES, limit: 20 })),
    overlay_namer(),
    unit_namer(),
  ]);
  map.spot(lon, lat, name);
  map.go(lon, lat, 16);
  there.hidden = false;
  const HOW = { inside: "在里面", boundary: "在边界上", nearest: "最近的", none: "没有" };
  const rows = Object.entries(told.overlays).map(([code, hit]) => [
    overlay(code),
    hit.grid ? h("a", { href: `/ground/${encodeURIComponent(code)}/${encodeURIComponent(hit.grid)}` }, hit.name) : "没有网格",
    hit.grid ? unit(hit.unit) : "—",
    HOW[hit.how] + (hit.also.length ? `，另一边 ${hit.also.join("、")}` : ""),
  ]);
  fill(there,
    h("h2", {}, name),
    table(["图层", "网格", "单位", "怎么落的"], rows, "归谁管"),
    h("h3", {}, `${NEAR_METRES} 米内的部件`),
    near.items.length
      ? table(["部件", "编码", "归谁", "多远"], near.items.map((one) => [one.kind_name, one.code, one.owner ? unit(one.owner) : "没有权属", one.metres === undefined ? "—" : `${number(one.metres)} 米`]), "附近的部件")
      : quiet("没有登记部件。管理员可以在这一页导入部件普查表。"),
  );
}

by_id("search").addEventListener("submit", (event) => {
  event.preventDefault();
  busy([event.submitter].filter(Boolean), found, () => search(by_id("address").value.trim()));
});
map.pick = ({ lng, lat }) => {
  map.clear();
  busy([], there, () => look(lng, lat, `${lng.toFixed(5)}, ${lat.toFixed(5)}`)).then(() => (there.hidden = false));
};
select.addEventListener("change", () => busy([], found, () => map.overlay(select.value)));
await busy([], found, async () => {
  await fill_overlays(select);
  if (select.value) await map.overlay(select.value);
});
