// One case, handled: what may be done now, slips, parts, what is shelved or in a procedure of law, precedents.
import { call, post } from "../ground/api.js";
import { busy, button, by_id, card, facts, failed, fill, h, OVERTAKEN, quiet, table, when } from "../ground/dom.js";
import { the_profile } from "../ground/names.js";
import { unit_finder } from "../ground/unit_field.js";
import { MAY_BLOW, PATH as WHISTLES, state_of } from "../whistles/words.js";
import { form_for } from "./form.js";
import { rulings } from "./rulings.js";
import { ACTIONS, LEVELS, LIGHTS, PARTS, SATISFACTION, SLIP_ACTIONS, SLIP_STATES, STATES } from "./words.js";

const ID = by_id("work").dataset.case;
const PATH = `/dispatch/v1/cases/${encodeURIComponent(ID)}`;
const OVER = ["closed", "withdrawn"];
const DISPUTED = ["open", "dispatched", "reopened"];
let unit = (code) => code;
let profile = null;
let choices = {};
let asked = 0;

async function show() {
  const mine = ++asked;
  const [one, ruled, blown] = await Promise.all([call(PATH), fits(), call(`${WHISTLES}?${new URLSearchParams({ case_id: ID })}`)]);
  if (mine !== asked) return;
  by_id("title").textContent = one.title || "办理案件";
  fill(by_id("badges"),
    h("span", { class: `light-badge ${OVER.includes(one.state) ? "" : one.light}` }, OVER.includes(one.state) ? "已结" : LIGHTS[one.light]), h("span", { class: "badge" }, STATES[one.state] ?? one.state),
    h("span", { class: "badge" }, `主办 ${unit(one.lead)}`), one.request && h("span", { class: "badge mark" }, "有申请等批准"));
  fill(by_id("work"), doing(one), whistles(one, blown.items), slips(one), parts(one), shelving(one), procedure(one), DISPUTED.includes(one.state) && disputed(one), ruled, besides());
}

function doing(one) {
  const able = Object.keys(ACTIONS).filter((action) => one.allowed.includes(action));
  if (!able.length) return card("办理", quiet("您现在没有要在这个案件里做的。"));
  const place = h("div");
  const which = h("select", { "aria-label": "做什么" }, able.map((action) => h("option", { value: action }, ACTIONS[action][0])));
  const draw = () => fill(place, form_for(which.value, { ...choices, evidence: wanted(one) }, (told) => act(one, { action: which.value, ...told })));
  which.addEventListener("change", draw);
  draw();
  const asked = one.request && quiet(`${unit(one.request.unit)}申请${{ extend: "延期", shelve: "挂账" }[one.request.action] ?? one.request.action}${one.request.until ? `到 ${when(one.request.until)}` : ""}：${one.request.note || "没有写说明"}`);
  return card("办理", asked, h("label", { class: "field" }, "做什么 ", which), place);
}

// The evidence without which this case can't be finished.
const wanted = (one) => profile.evidence.filter((rule) => ["", one.concern, one.sub_concern].includes(rule.concern) && [null, one.class].includes(rule.class)).flatMap((rule) => rule.needs);

function whistles(one, blown) {
  const more = MAY_BLOW && !OVER.includes(one.state);
  if (!blown.length && !more) return null;
  return card("吹哨报到", blown.length ? h("ul", { class: "points" }, blown.map((each) => h("li", {}, h("a", { href: `/whistles/${encodeURIComponent(each.whistle_id)}` }, `${each.kind_name}：${each.need || "请到场协同处置"}`), ` ${state_of(each)}`))) : quiet("一家办不了的，吹哨请别的单位到场。"),
    more && h("p", {}, h("a", { href: `/whistles/blow?case=${encodeURIComponent(ID)}` }, "为这个案件吹哨 →")));
}

async function act(one, told) {
  await deed(`${PATH}/actions`, told, one, `已${ACTIONS[told.action][0]}。`);
}

async function deed(path, told, one, done) {
  try {
    await post(path, told, one.version);
  } catch (error) {
    if (error.status === 412) await overtaken();
    throw error;
  }
  await show();
  said(done);
}

// What still can be asked for outside the case's own table.
function besides() {
  if (["auditor", "volunteer"].includes(document.querySelector("main").dataset.role)) return null;
  return h("p", {}, h("a", { href: `/rates/exclusions?case=${encodeURIComponent(ID)}` }, "不该计入三率的，报批剔除 →"));
}

function slips(one) {
  if (!one.slips.length) return null;
  return card(`督办单（${one.slips.length}）`, one.slips.map((slip) => {
    const place = h("div");
    const note = h("input", { "aria-label": `第 ${slip.place} 号的说明`, maxlength: 2000, placeholder: "办理情况或说明" });
    const step = (action) => button(SLIP_ACTIONS[action], () => busy([], place, () =>
      deed(`/dispatch/v1/slips/${encodeURIComponent(slip.number)}/${action}`, { note: note.value }, one, `督办单第 ${slip.place} 号：已${SLIP_ACTIONS[action]}。`)));
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

const said = (text) => fill(by_id("told"), h("p", { class: "right-done" }, text)).focus();

// Somebody else has acted in between: what stands there now is shown before anything is done to it.
async function overtaken() {
  await show();
  fill(by_id("told"), h("p", { class: "wrong" }, OVERTAKEN)).focus();
}

async function start() {
  let finder;
  [finder, profile] = await Promise.all([unit_finder(), the_profile()]);
  unit = (code) => (code ? finder.name(code) : "未定");
  const concerns = profile.concerns.flatMap((each) => [[each.code, each.name], ...each.subs.map((sub) => [sub.code, `${each.name} · ${sub.name}`])]);
  choices = {
    units: finder, returns: profile.returns.reasons, shelving: profile.shelving.reasons, levels: LEVELS, concerns: Object.fromEntries(concerns), satisfaction: SATISFACTION,
    classes: Object.fromEntries(Object.entries(profile.classes).map(([code, each]) => [code, each.name])),
  };
  await show();
}

start().catch((error) => failed(error, by_id("work")));
