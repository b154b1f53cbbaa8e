// The tree of units. Each is a button; the one chosen is in the address, so that it can be sent to somebody.
import { by_id, failed, fill, h, quiet } from "./dom.js";
import { all_units } from "./names.js";
import { draw_unit } from "./unit.js";

const tree = by_id("tree");
const find = by_id("find");
const place = by_id("unit");
let units = [];
let shown = 0;

function draw(wanted) {
  const known = new Map(units.map((unit) => [unit.code, unit]));
  const below = new Map();
  for (const unit of units) {
    const parent = known.has(unit.parent) ? unit.parent : null;
    below.set(parent, [...(below.get(parent) ?? []), unit]);
  }
  if (wanted) {
    const found = units.filter((unit) => [unit.name, unit.code, ...unit.aliases].some((said) => said.toLowerCase().includes(wanted)));
    const path = (unit) => (known.has(unit.parent) ? known.get(unit.parent).name : "");
    fill(tree, found.length ? h("ul", {}, found.slice(0, 200).map((unit) => h("li", {}, choice(unit), " ", h("small", { class: "quiet" }, path(unit))))) : quiet("没有这样的单位，换个叫法试试。"));
    return;
  }
  fill(tree, units.length ? branch(null, below, 0) : quiet("还没有单位。请管理员用 duoge units import 导入单位表。"));
}

function branch(parent, below, depth) {
  return h("ul", {}, (below.get(parent) ?? []).map((unit) => {
    const inside = below.get(unit.code);
    if (!inside) return h("li", { class: "leaf" }, choice(unit));
    return h("li", {}, h("details", { open: depth < 2 }, h("summary", {}, choice(unit), h("small", { class: "quiet" }, ` ${inside.length}`)), branch(unit.code, below, depth + 1)));
  }));
}

function choice(unit) {
  const marks = [unit.posted_to && "派驻", unit.guided_by && "受指导"].filter(Boolean).map((mark) => h("small", { class: "mark" }, mark));
  return [h("button", { type: "button", class: "as-link", "data-unit": unit.code, onclick: () => (location.hash = unit.code) }, unit.name), marks];
}

async function show() {
  const mine = ++shown;
  const code = decodeURIComponent(location.hash.slice(1));
  for (const one of tree.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
  if (!code) return;
  point_out(tree.querySelector(`[data-unit="${CSS.escape(code)}"]`));
  try {
    await draw_unit(place, code, () => mine === shown);
    if (mine !== shown) return;
    place.focus({ preventScroll: true });
    if (place.getBoundingClientRect().top > innerHeight * 0.6) place.scrollIntoView();
  } catch (error) {
    failed(error, place);
  }
}

function point_out(choice) {
  if (!choice) return;
  choice.setAttribute("aria-current", "true");
  for (let inside = choice.closest("details"); inside; inside = inside.parentElement.closest("details")) inside.open = true;
  tree.scrollTop += choice.getBoundingClientRect().top - tree.getBoundingClientRect().top - tree.clientHeight / 3;
}

const search = () => draw(find.value.trim().toLowerCase());
find.addEventListener("input", search);
addEventListener("hashchange", show);
try {
  units = await all_units();
  search();
  const own = document.querySelector("main").dataset.unit;
  if (!location.hash && own) history.replaceState(null, "", "#" + own);
  await show();
} catch (error) {
  failed(error, tree);
}
