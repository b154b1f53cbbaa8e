// What an import does: ground, households and open cases that pass from one to another, and what each unit carries.
import { area, card, facts, h, number, quiet, table } from "./dom.js";

const MOST = 100;

export function impact(told, unit) {
  return [summary(told), moved(told, unit), cases(told.cases, unit), load(told.load, unit)];
}

function summary(told) {
  const { added, changed, removed, unchanged } = told.counts;
  const share = told.area.share === null ? "" : `，占 ${number(told.area.share * 100)}%`;
  const unstated = told.households.grids_unstated;
  return card("影响", facts([
    ["网格", `新增 ${added}，改变 ${changed}，去掉 ${removed}，不变 ${unchanged}`],
    ["面积", `${area(told.area.moved_m2)}换了网格或单位${share}`],
    ["户数", `约 ${number(told.households.moved)} 户${unstated ? `；另有 ${unstated} 个网格没写户数，没算进去` : ""}`],
    ["未结案件", `${told.cases.open} 件里 ${told.cases.changed} 件换网格：${told.cases.rerouted} 件重新派，${told.cases.kept} 件不换主办`],
  ]));
}

function moved(told, unit) {
  const rows = told.area.between_grids.items;
  if (!rows.length) return card("地从谁到谁", quiet("没有地换网格。"));
  const side = (one) => (one.grid ? `${one.grid}（${unit(one.unit)}）` : "不在任何网格");
  return card(`地从谁到谁（${told.area.between_grids.total}）`,
    table(["从", "到", "面积", "户数"], rows.slice(0, MOST).map((one) => [side(one.from), side(one.to), area(one.area_m2), number(one.households)])),
    rest(told.area.between_grids.total));
}

function cases(told, unit) {
  if (!told.changed) return card("未结案件", quiet("没有案件换手。"));
  return card("未结案件从谁到谁",
    quiet("没签收的按新网格重新派；签收了的（首接负责）和已裁定、转办的，主办不变。"),
    table(["从", "到", "重新派", "不换主办"], told.between_units.items.slice(0, MOST).map((one) => [unit(one.from), unit(one.to), number(one.rerouted), number(one.kept)])),
    h("details", {}, h("summary", {}, `逐件看（${told.items.length}）`),
      table(["案件", "从", "到", "会怎样"], told.items.map((one) => [
        h("a", { href: "/cases/" + encodeURIComponent(one.case_id) }, one.case_id), one.from.grid, one.to.grid, one.will === "rerouted" ? "重新派" : "不换主办"]))));
}

function load(told, unit) {
  if (!told.items.length) return null;
  const change = (before, after, draw) => (before === after ? draw(after) : `${draw(before)} → ${draw(after)}`);
  return card(`各单位前后（${told.total}）`,
    table(["单位", "网格", "面积", "户数", "未结案件"], told.items.slice(0, MOST).map(({ unit: code, before, after }) => [
      unit(code), change(before.grids, after.grids, number), change(before.area_m2, after.area_m2, area),
      change(before.households, after.households, number), change(before.open_cases, after.open_cases, number)])),
    rest(told.total));
}

const rest = (total) => (total > MOST ? quiet(`只列前 ${MOST} 行，共 ${total} 行。`) : null);
