// One case as a meeting reads it, and the form in which its decision is entered.
import { call, post } from "../ground/api.js";
import { busy, facts, fill, h, quiet, when } from "../ground/dom.js";
import { unit_select } from "../ground/names.js";
import { rulings } from "../handling/rulings.js";
import { LIGHTS, STATES } from "../handling/words.js";
import { case_link, field, moment } from "./follow.js";

export const NAMES = { street: "街道会商", study: "疑难件会诊" };
const CLOCKS = { sign: "签收", contact: "先行联系", on_site: "到场", resolve: "办结", verify: "核查", callback: "回访", recheck: "回头看", statutory: "法定期限", review: "挂账复核" };
const OPEN = ["running", "overdue", "paused"];

// `sitting` null: whoever only reads. `after` is called once a decision is entered.
export function matter(one, number, unit, sitting, after) {
  const made = h("article", { class: "card matter", "aria-label": one.title || one.case_id });
  const ticked = h("input", { type: "checkbox", checked: true, onchange: () => made.classList.toggle("left-out", !ticked.checked) });
  fill(made,
    h("header", {}, h("h2", {}, `${number}. `, case_link(one.case_id, one.title)), h("span", { class: "badge" }, NAMES[one.waits_for]),
      h("span", { class: `light-badge ${one.light}` }, LIGHTS[one.light]), h("label", { class: "tick" }, ticked, " 这次会上议")),
    quiet([why(one), STATES[one.state] ?? one.state, `${one.order_count} 张工单`, `${when(one.opened_at)} 立案`].join(" · ")),
    one.kept_back ? quiet(one.kept_back) : facts([
      ["反映", one.summary], ["地点", one.address], ["网格", one.grids.map((grid) => `${grid.overlay} ${grid.name}`).join("；")],
      ["主办", unit(one.lead)], ["协办", one.assists.map(unit).join("、")], ["派单依据", one.reason], ["时限", limits(one)],
    ]),
    part("会上要定的", one.on_the_table.length ? points(one.on_the_table) : null),
    rulings(one.rulings, one.proposal, "h3"),
    part("开过的会", one.meetings.length ? points(one.meetings.map((held) => `${NAMES[held.kind]}（${when(held.held_at)}）：${held.decision}。由${unit(held.owner)}在 ${when(held.due)} 前落实${held.missed ? "，过期没有落实" : ""}`)) : null),
    part("经过", one.story.length ? [one.story_before > 0 && quiet(`更早的还有 ${one.story_before} 条，在案件页上。`), story(one.story)] : null),
    h("div", { class: "for-paper decision" }, ["定了什么", "由谁落实", "什么时候前"].map((name) => h("p", {}, `${name}：`))),
    sitting && form(one, sitting, made, after));
  return made;
}

const why = (one) => (one.waits_for === "street" ? `市民 ${one.dissatisfied} 次不认可` : "疑难件") + (one.recurrences ? `，复发 ${one.recurrences} 次` : "");
const limits = (one) => one.clocks.filter((clock) => OPEN.includes(clock.state)).map((clock) => `${CLOCKS[clock.kind] ?? clock.kind} ${when(clock.due)}${clock.state === "overdue" ? "（已超期）" : clock.state === "paused" ? "（停着）" : ""}`).join("；");
const part = (name, inside) => inside && [h("h3", {}, name), inside];
const points = (said) => h("ul", { class: "points" }, said.map((each) => h("li", {}, each)));
const story = (lines) => h("ol", { class: "story" }, lines.map((line) => h("li", {}, h("time", { datetime: line.at }, when(line.at)), h("span", {}, line.text))));

function form(one, sitting, made, after) {
  const decision = h("textarea", { required: true, rows: "3", maxlength: "2000" });
  const [owner, due] = [h("select", {}), h("input", { type: "datetime-local", required: true })];
  const [wrong, send] = [h("div", {}), h("button", { type: "submit", class: "main" }, "登记会商结果")];
  unit_select("").then((all) => {
    owner.append(h("option", { value: "" }, "主办单位"), ...[...all.options].filter((option) => option.value));
  }, () => {});
  const submit = (event) => {
    event.preventDefault();
    busy([send], wrong, async () => {
      const met = sitting.told();
      const body = { held_at: met.held_at, units: met.units, decision: decision.value, ...(owner.value && { owner: owner.value }), due: moment(due) };
      try {
        await post(`/dispatch/v1/cases/${encodeURIComponent(one.case_id)}/meeting`, body, one.version);
      } catch (error) {
        if (error.status === 412) one.version = (await call(`/dispatch/v1/cases/${encodeURIComponent(one.case_id)}`)).version;
        if (error.errors?.length) return fill(wrong, h("p", { class: "wrong", role: "alert" }, error.errors.map((each) => each.detail).join("；")));
        throw error;
      }
      const told = h("p", { class: "right-done", tabindex: "-1" }, `${one.title || one.case_id}：已登记会商结果，落实单位会收到。`);
      made.replaceWith(h("div", { class: "card on-screen", role: "status" }, told));
      told.focus();
      await after();
    });
  };
  return h("form", { class: "fields", onsubmit: submit }, h("label", { class: "field wide" }, "定了什么 ", decision), field("由谁落实", owner), field("什么时候前落实", due), wrong, h("div", { class: "buttons" }, send));
}
