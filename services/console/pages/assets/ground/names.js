// Codes as people read them; each list is fetched once a page.
import { call, everything } from "./api.js";
import { h } from "./dom.js";

const KINDS = {
  address: "门牌", road: "道路", crossing: "路口", estate: "小区", building: "楼宇", office: "办公楼", shop: "商铺",
  landmark: "地标", school: "学校", hospital: "医院", market: "市场", park: "公园", station: "车站", bridge: "桥",
};
let units, profile;

export const kind_name = (kind) => KINDS[kind] ?? kind;

export function all_units() {
  return (units ??= everything("/grids/v1/units"));
}

export function the_profile() {
  return (profile ??= call("/grids/v1/profile"));
}

export async function unit_namer() {
  const known = new Map((await all_units()).map((unit) => [unit.code, unit.name]));
  return (code) => (code ? (known.get(code) ?? code) : "没有单位");
}

export async function overlay_namer() {
  const known = (await the_profile()).overlays;
  return (code) => known[code] ?? code;
}

// Every overlay that holds a grid, into a select; the one wanted first where it is there.
export async function fill_overlays(select, wanted = "comprehensive") {
  const held = (await everything("/grids/v1/overlays")).filter((one) => one.grids > 0);
  select.append(...held.map((one) => h("option", { value: one.overlay }, `${one.name}（${one.grids}）`)));
  if (held.some((one) => one.overlay === wanted)) select.value = wanted;
  return held;
}

export async function unit_select(id) {
  const listed = (await all_units()).map((unit) => h("option", { value: unit.code }, `${unit.name}（${unit.code}）`));
  return h("select", { id, required: true }, h("option", { value: "" }, "请选择"), listed);
}
