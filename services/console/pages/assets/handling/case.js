// One case, handled: what may be done now, slips, parts, what is shelved or in a procedure of law, precedents.
import { call, post } from "../ground/api.js";
import { busy, button, by_id, card, facts, failed, fill, h, quiet, table, when } from "../ground/dom.js";
import { names_of, units } from "./units.js";
import { form_for } from "./form.js";
import { rulings } from "./rulings.js";
import { ACTIONS, LEVELS, LIGHTS, PARTS, SLIP_ACTIONS, SLIP_STATES, STATES } from "./words.js";

const ID = by_id("work").dataset.case;
const PATH = `/dispatch/v1/cases/${encodeURIComponent(ID)}`;
const DISPUTED = ["open", "dispatched", "reopened"];
let unit = (code) => code;
let choices = {};

let asked = 0;

async function show() {
  const mine = ++asked;
  const [one, ruled] = await Promise.all([call(PATH), fits()]);
  if (mine !== asked) return;
  by_id("title").textContent = one.title || "办理案件";
  fill(by_id("badges"),
    h("span", { class: `light-badge ${one.light}` }, LIGHTS[one.light]), h("span", { class: "badge" }, STATES[one.state] ?? one.state),
    h("span", { class: "badge" }, `主办 ${unit(one.lead)}`), one.request && h("span", { class: "badge mark" }, "有申请等批准"));
  fill(by_id("work"), doing(one), slips(one), parts(one), shelving(one), procedure(one), DISPUTED.includes(one.state) && disputed(one), ruled);
}

function doing(one) {
  const able = Object.keys(ACTIONS).filter((action) => one.allowed.includes(action));
  if (!able.length) return card("办理", quiet("您现在没有要在这个案件里做的。"));
  const place = h("div");
  const which = h("select", { "aria-label": "做什么" }, able.map((action) => h("option", { value: action }, ACTIONS[action][0])));
  const draw = () => fill(place, form_for(which.value, choices, (told) => act(one, { action: which.value, ...told })));
  which.addEventListener("change", draw);
  draw();
  const asked = one.request && quiet(`${unit(one.request.unit)}申请${{ extend: "延期", shelve: "挂账" }[one.request.action] ?? one.request.action}${one.request.until ? `到 ${when(one.request.until)}` : ""}：${one.request.note || "没有写说明"}`);
  return card("办理", asked, h("label", { class: "field" }, "做什么 ", which), place);
}

async function act(one, told) {
  await post(`${PATH}/actions`, told, one.version);
  await show();
  said(`已${ACTIONS[told.action][0]}。`);
}

function slips(one) {
  if (!one.slips.length) return null;
  return card(`督办单（${one.slips.length}）`, one.slips.map((slip) => {
    const place = h("div");
    const note = h("input", { "aria-label": `第 ${slip.place} 号的说明`, maxlength: 2000, placeholder: "办理情况或说明" });
    const step = (action) => button(SLIP_ACTIONS[action], () => busy([], place, async () => {
      await post(`/dispatch/v1/slips/${encodeURIComponent(slip.number)}/${action}`, { note: note.value }, one.version);
      await show();
      said(`督办单第 ${slip.place} 号：已${SLIP_ACTIONS[action]}。`);
    }));
    return h("div", { class: "part" },
      h("h3", {}, `${LEVELS[slip.level]}督办单第 ${slip.place} 号 `, h("span", { class: `light-badge ${slip.state === "issued" ? slip.light : ""}` }, SLIP_STATES[slip.state])),
      facts([["签发", `${slip.issuer} ${when(slip.issued_at)}`], ["要求", slip.said], ["期限", when(slip.due)], ["回复", slip.reply && `${slip.reply}（${when(slip.replied_at)}）`],
        ["约谈", when(slip.summoned_at)], ["通报", when(slip.circulated_at)], ["销号", when(slip.closed_at)]].filter(([, told]) => told)),
      slip.allowed.length > 0 && h("div", { class: "fields" }, note, h("div", { class: "buttons" }, slip.allowed.map(step))), place);
  }));
}

function parts(one) {
  if (!one.parts.length) return null;
  const rows = one.parts.map((part) => [unit(part.unit), PARTS[part.state], part.asked || "—", part.done_at ? `${part.said} ${when(part.done_at)}` : "—"]);
  return card("各单位的一份", table(["单位", "情况", "请它办的", "办得怎样"], [[unit(one.lead), "主办", "整件负责", "—"], ...rows], "各单位的一份"));
}

function shelving(one) {
  const held = one.shelving;
  return held && card("挂账", facts([["原因", held.reason], ["签字", `${held.signed_by}（${held.office}）`], ["挂账", when(held.since)],
    ["上次复核", when(held.reviewed_at)], ["下次复核", `${when(held.review_due)}${held.review_overdue ? "，该复核了" : ""}`]]));
}

function procedure(one) {
  const held = one.procedure;
  return held && card("法定程序", facts([["程序", held.name], ["依据", held.basis], ["法定期限", held.term || "法律没有定"],
    ["到期", held.due && `${when(held.due)}${held.overdue ? "，已到" : ""}（不算超期）`], ["结果", held.result && `${held.result}（${when(held.result_at)}）`]]));
}

// Whose it could be instead.
function disputed(one) {
  const others = one.decision.alternatives.filter((each) => !each.rule.startsWith("precedent-")).map((each) => [unit(each.lead), each.reason ?? "—", each.rule]);
  return card("派单依据", quiet([one.decision.reason, one.decision.ground].map((told) => told.replace(/。$/, "")).filter(Boolean).join("。")), others.length ? table(["别的可能", "为什么", "规则"], others, "别的可能") : quiet("没有别的可能。"));
}

// How like matters were ruled, where any were.
async function fits() {
  if (document.querySelector("main").dataset.role === "volunteer") return null;
  const { items, proposal } = await call(`${PATH}/precedents`);
  const told = rulings(items, proposal);
  return told && h("section", { class: "card fitting" }, told);
}

const said = (text) => fill(by_id("told"), h("p", { class: "right-done" }, text));

async function start() {
  const [all, profile] = await Promise.all([units(), call("/grids/v1/profile")]);
  unit = await names_of();
  fill(by_id("units"), all.map((each) => h("option", { value: each.code }, each.name)));
  choices = { returns: profile.returns.reasons, shelving: profile.shelving.reasons, levels: LEVELS };
  await show();
}

start().catch((error) => failed(error, by_id("work")));
