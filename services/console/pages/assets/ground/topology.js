// The topology report in words, each fault with its place on the map.
import { area, button, card, h, quiet, shortened } from "./dom.js";

export function topology(told, map) {
  const spot = (one, words) => {
    if (one.lon === undefined) return h("li", {}, words);
    map.spot(one.lon, one.lat, words);
    return h("li", {}, words, " ", button("在图上看", () => map.go(one.lon, one.lat, 18)));
  };
  const parts = [
    ["两格重叠", told.counts.overlaps, told.overlaps, (one) => spot(one, `${one.grids.join(" 和 ")} 重叠 ${area(one.area_m2)}${slim(one)}`)],
    ["没有网格覆盖", told.counts.gaps, told.gaps, (one) => spot(one, `空着 ${area(one.area_m2)}${slim(one)}`)],
    ["太窄的网格", told.counts.slivers, told.slivers, (code) => h("li", {}, `${code}，不到两米宽`)],
    ["没有写单位", told.counts.without_unit, told.without_unit, (code) => h("li", {}, code)],
    ["单位表里没有的单位", told.counts.unknown_units, told.unknown_units, (code) => h("li", {}, `${code}，请先在单位表里登记`)],
    ["重名", told.counts.duplicate_names, told.duplicate_names, (one) => h("li", {}, `${one.name}：${one.grids.join("、")}`)],
    ["换了编码", told.codes_changed.length, told.codes_changed, (one) => h("li", {}, `${one.from} → ${one.to}`)],
    ["修补和说明", told.notes.length, told.notes, (one) => h("li", {}, where(one) + words(one.detail), " ", at(one.detail, (lon, lat) => map.go(lon, lat, 18)))],
  ].filter(([, count]) => count);
  const words = parts.length ? "下面这些请看一看；能生效，但最好先改好。" : "没有重叠、空白和缺漏。";
  return card(`检查结果：${told.counts.grids} 个网格，共 ${area(told.area_m2)}`, quiet(words),
    parts.map(([title, count, items, draw]) => [h("h3", {}, `${title}（${count}）`), shortened(items, draw)]));
}

// A refusal: every fault with the feature or the line it is in.
export function refusal(error, show) {
  const count = error.errors.length;
  const line = (one) => h("li", {}, where(one) + words(one.detail), " ", at(one.detail, show));
  return h("section", { class: "card", role: "alert" }, h("h2", { class: "wrong" }, "没有生效"),
    h("p", {}, count ? `有 ${count} 处要改正，整个文件都没有动。改好后再预览一次：` : error.message),
    count ? shortened(error.errors, line, 50) : null);
}

// What the file's own checker says of a shape ends in the point that is wrong: `Self-intersection[121.4 31.2]`.
const POINT = /\[(-?[\d.]+) (-?[\d.]+)\]/;
const SAID = [[POINT, ""], ["Ring Self-intersection", "环自相交"], ["Self-intersection", "自相交"], ["加 mend=true 自动修补", "勾上“修补”再预览"]];
const words = (detail) => SAID.reduce((said, [from, to]) => said.replace(from, to), detail);

function at(detail, show) {
  const [, lon, lat] = (detail.match(POINT) ?? []).map(Number);
  return show && Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? button("在图上看", () => show(lon, lat)) : null;
}

export function where(one) {
  if (/^第 \d+/.test(one.detail)) return "";
  if (one.line) return `第 ${one.line} 行：`;
  const place = (one.pointer ?? "").match(/^\/features\/(\d+)/) ?? (one.pointer ?? "").match(/^\/(\d+)/);
  const grid = one.grid ? `（${one.grid}）` : "";
  return place ? `第 ${Number(place[1]) + 1} 个${grid}：` : grid && `${one.grid}：`;
}

const slim = (one) => (one.sliver ? "，窄条" : "");
