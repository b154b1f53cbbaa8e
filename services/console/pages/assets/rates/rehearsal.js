// What the figures will be when the period is over, and the cases that move them most.
import { call, download } from "../ground/api.js";
import { busy, button, by_id, failed, fill, h, quiet, table, when } from "../ground/dom.js";
import { CODES, RATES, figure, formula, percent, score, to_case } from "./words.js";

const OUTLOOKS = [["nothing", "什么都不再办"], ["best", "最好"], ["worst", "最坏"]];
let asked = 0;

async function start() {
  const mine = ++asked;
  const unit = by_id("unit").value;
  const told = await call(`${RATES}/rehearsal?date=${by_id("date").value}${unit && "&unit=" + encodeURIComponent(unit)}`);
  if (mine !== asked) return;
  const waiting = told.total.best.cases;
  by_id("state").textContent = `${when(told.from)} 到 ${when(told.to)} 到期的 ${waiting} 件，按 ${when(told.now)} 的情况推算。`;
  by_id("formula").textContent = formula({ ...told, formula_of: { note: "要做的都做到，比最坏的时候多几分，写在案件后面" } });
  fill(by_id("total"), OUTLOOKS.map(([code, name]) => outlook(name, told.outlooks[code], told.total[code])));
  fill(by_id("list"), told.movers.length ? movers(told) : quiet("到时以前没有还能改变这些数的案件。"));
  fill(by_id("by_unit"), told.items.length ? units(told) : quiet("没有单位在这段时间有到期的案件。"));
  if (!unit) choices(told.items);
}

function outlook(name, said, one) {
  return h("div", { class: "outlook" }, h("h3", {}, name), h("div", { class: "quiet" }, said), h("div", { class: "score" }, score(one.score), " 分"),
    h("dl", {}, CODES.map((code) => [h("dt", {}, one[code].name), h("dd", {}, percent(one[code].rate))])));
}

function movers(told) {
  const rows = told.movers.map((one) => [
    to_case(one), one.unit_name, h("ul", { class: "todo" }, one.todo.map((step) => h("li", {}, step.text))),
    h("span", { class: "gain" }, `+${one.gain.toFixed(2)} 分`), papers(one)]);
  const more = told.all_weighed ? null : quiet(`案件太多，只比了最先到期的 ${told.weighed} 件。`);
  return [table(["案件", "单位", "要做什么", "总分", "材料"], rows, "最能改变三率的案件"), more];
}

function papers(one) {
  const get = (purpose) => () => busy([], by_id("told"), () => download(`${RATES}/pack/${encodeURIComponent(one.case_id)}?for=${purpose}&format=zip`));
  return [button("剔除材料", get("exclusion")), " ", button("挂账材料", get("shelving"))];
}

function units(told) {
  const rows = told.items.map((one) => [one.name, ...CODES.map((code) => figure(one.nothing[code])),
    score(one.nothing.score), `${score(one.worst.score)} 到 ${score(one.best.score)}`]);
  const names = CODES.map((code) => told.total.nothing[code].name);
  return table(["单位", ...names, "总分", "最坏到最好"], rows, "各单位到时的数");
}

function choices(items) {
  const select = by_id("unit");
  fill(select, h("option", { value: "" }, "全部"), items.filter((one) => one.key).map((one) => h("option", { value: one.key }, one.name)));
}

const again = () => start().catch((error) => failed(error, by_id("told")));
for (const id of ["date", "unit"]) by_id(id).addEventListener("change", again);
again();
