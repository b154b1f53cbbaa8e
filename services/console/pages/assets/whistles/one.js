// One whistle: who was called and how far they are, and what this key may do to it now.
import { call, post, Refused } from "../ground/api.js";
import { left } from "../ground/clock.js";
import { busy, button, by_id, card, facts, failed, fill, h, OVERTAKEN, quiet, table, when } from "../ground/dom.js";
import { the_profile } from "../ground/names.js";
import { unit_finder, unit_input } from "../ground/unit_field.js";
import { here } from "./position.js";
import { call_of, PATH, RUNNING, spot, state_of } from "./words.js";

const ID = by_id("work").dataset.whistle;
const ONE = `${PATH}/${encodeURIComponent(ID)}`;
const AT_THE_DESK = ["admin", "duty_desk"].includes(document.querySelector("main").dataset.role);
const EVERY = 10_000; // milliseconds
const DONE = {
  accept: "已应哨", decline: "已请辞，等吹哨方答复；同意以前仍要到", "report-in": "已报到", done: "已登记：完成", vouch: "已确认到场", substitute: "已安排替补",
  release: "已放行", evaluate: "已评分", cancel: "已撤哨", approve: "已同意，哨已吹响", refuse: "已答复不同意",
};
let [finder, profile, shown, fresh] = [null, null, null, false];
const unit = (code) => (code ? finder.name(code) : "");
const said = (text) => fill(by_id("told"), h("p", { class: "right-done" }, text)).focus();

async function show() {
  draw(await call(ONE));
}

function draw(one) {
  shown = one;
  fresh = false;
  by_id("title").textContent = `${one.kind_name}：${one.need || "请到场协同处置"}`;
  fill(by_id("badges"), h("span", { class: "badge" }, state_of(one)), running(one) && h("span", { class: "badge mark" }, `报到 ${left(one.report_in_by)}`));
  fill(by_id("work"), about(one), own(one), calls(one), whole(one), marks(one), story(one));
}

const running = (one) => ["open", "partly_met", "exhausted"].includes(one.state) && one.nod?.state !== "waiting";

function about(one) {
  const map = h("div", { class: "map" });
  const where = h("details", {}, h("summary", {}, "在图上看"), map);
  where.addEventListener("toggle", () => drawn(map, one).catch((error) => failed(error, map)), { once: true });
  return card("到哪里、做什么", facts([
    ["集合点", spot(one.meet)], ...(one.meet.at ? [["集合时间", when(one.meet.at)]] : []),
    ["报到时限", one.nod?.state === "waiting" ? "街道同意以后才起算" : `${when(one.report_in_by)} 前`],
    ["要做的", one.need || "请到场协同处置"], ["依据", one.ground], ["谁吹的", `${one.blown_unit ? unit(one.blown_unit) : one.blown_by} ${when(one.blown_at)}`],
    ...(one.nod ? [["街道同意", nod(one.nod)]] : []), ...(one.case_id ? [["案件", h("a", { href: `/cases/${encodeURIComponent(one.case_id)}` }, "看案件")]] : []),
  ]), where, one.may.blower && one.warnings.length > 0 && h("ul", { class: "points" }, one.warnings.map((each) => h("li", {}, each))));
}

const nod = (one) => (one.state === "waiting" ? `还在等${one.reminded ? `，已催 ${one.reminded} 次` : ""}` : `${one.state === "given" ? "同意" : "不同意"} ${when(one.at)} ${one.note}`);

async function drawn(place, one) {
  const { GridMap } = await import("../ground/map.js");
  const map = new GridMap(place);
  await map.overlay("comprehensive");
  map.spot(one.meet.lon, one.meet.lat, "集合点");
  map.go(one.meet.lon, one.meet.lat, 16);
}

// What this key's own units have to do, large enough for a thumb.
function own(one) {
  if (AT_THE_DESK) return null;
  return one.may.acts_for.filter((code) => one.may.units[code]?.some((action) => action !== "evaluate" && action !== "release")).map((code) => {
    const place = h("div");
    const note = h("textarea", { rows: 2, maxlength: 2000 });
    const open = Object.keys(OWN).filter((action) => one.may.units[code].includes(action));
    const buttons = open.map((action, first) => h("button", { type: "button", class: first ? "" : "main", onclick: () => OWN[action][1](code, note, place, buttons) }, OWN[action][0]));
    const mine = one.calls.find((each) => each.unit === code);
    return h("section", { class: "card own" }, h("h2", {}, `${unit(code)}：${mine ? call_of(mine) : "请来帮忙"}`),
      h("label", { class: "field" }, "说明（请辞要写为什么） ", note), h("div", { class: "buttons" }, buttons), place);
  });
}

// In the order in which they come; the first that is open is the one that is wanted.
const OWN = {
  accept: ["应哨", (code, note, place, all) => step("accept", code, note, place, all)],
  "report-in": ["报到（用我现在的位置）", report_in],
  done: ["完成了", (code, note, place, all) => step("done", code, note, place, all)],
  decline: ["请辞", (code, note, place, all) => (note.value.trim() ? step("decline", code, note, place, all) : (fill(place, wrong("请先写为什么来不了")), note.focus()))],
};
const wrong = (text) => h("p", { class: "wrong", role: "alert" }, text);

function report_in(code, note, place, all) {
  return busy(all, place, async () => {
    fill(place, quiet("正在定位……"));
    const at = await here();
    try {
      await send("report-in", { unit: code, note: note.value, lon: at.lon, lat: at.lat });
    } catch (error) {
      if (error.status === 422 && at.accuracy > 50) error.message += `（这次定位误差约 ${at.accuracy} 米，到空旷处再试）`;
      throw error;
    }
    said(`${unit(code)}：已报到。`);
  });
}

const step = (action, code, note, place, all, more = {}) => busy(all, place, async () => {
  await send(action, { ...(code && { unit: code }), note: note?.value ?? "", ...more });
  said(`${code ? `${unit(code)}：` : ""}${DONE[action]}。`);
});

// What ends it or changes who comes is done to what was seen; the others may answer at the same moment.
const SEEN = new Set(["release", "cancel", "substitute", "approve", "refuse"]);
async function send(action, told) {
  try {
    draw(await (SEEN.has(action) ? post(`${ONE}/${action}`, told, shown.version) : call(`${ONE}/${action}`, { method: "POST", body: JSON.stringify(told), headers: { "content-type": "application/json" } })));
  } catch (error) {
    if (error.status !== 412) throw error;
    await show();
    fill(by_id("told"), wrong(OVERTAKEN));
    throw new Refused({ detail: "别人刚刚办了一步，请看过再办" }, 412);
  }
}

function calls(one) {
  const rows = [...one.calls.map((each) => [each.unit, each]), ...Object.keys(one.may.units).filter((code) => !one.calls.some((each) => each.unit === code)).map((code) => [code, null])];
  const acting = rows.some(([code]) => others(one, code).length);
  return card(`叫了谁（${one.calls.length}）`, table(["单位", "情况", "报到", "上报给", ...(acting ? ["登记"] : [])], rows.map(([code, each]) => [
    unit(code), each ? [call_of(each), each.substitute && quiet(`替补：${unit(each.substitute)}`), each.helper && quiet("来帮忙的")] : "呼叫了，还没有回音",
    each?.reported_at ? when(each.reported_at) + (each.vouched ? "，吹哨方确认" : "") : "—", each?.escalated_to.map(unit).join("、") || "—", ...(acting ? [doing(one, code)] : []),
  ]), "叫了谁"));
}

const NAMES = { accept: "应哨", decline: "请辞", vouch: "确认到场", done: "完成", release: "放行", substitute: "替补" };
const others = (one, code) => (one.may.units[code] ?? []).filter((action) => action in NAMES && (AT_THE_DESK || !["accept", "decline", "done"].includes(action)));

// The blower's side of a unit; at the operation centre also what the unit said by telephone.
function doing(one, code) {
  const open = others(one, code);
  if (!open.length) return "—";
  const place = h("div");
  const note = h("input", { maxlength: 2000, placeholder: "说明", "aria-label": `${unit(code)} 的说明` });
  const all = open.filter((action) => action !== "substitute").map((action) => button(NAMES[action], () => step(action, code, note, place, all), { "aria-label": `${unit(code)} ${NAMES[action]}` }));
  return h("div", { class: "doing" }, note, all, open.includes("substitute") && instead(code, place), place);
}

function instead(code, place) {
  const who = unit_input(finder, { required: true, "aria-label": `谁来替补 ${unit(code)}` });
  const go = h("button", { type: "submit", class: "small" }, "由它替补");
  const submit = (event) => {
    event.preventDefault();
    step("substitute", code, null, place, [go], { substitute: who.code() });
  };
  return h("details", {}, h("summary", {}, "安排替补"), h("form", { class: "doing", onsubmit: submit }, who, go));
}

function whole(one) {
  if (!one.may.whistle.length && !(AT_THE_DESK && RUNNING.includes(one.state) && one.may.blower && one.nod?.state !== "waiting")) return null;
  const place = h("div");
  const note = h("textarea", { rows: 2, maxlength: 2000 });
  const names = { approve: "同意吹哨", refuse: "不同意", release: "散哨", cancel: "撤哨" };
  const all = one.may.whistle.map((action) => h("button", { type: "button", class: action === "release" || action === "approve" ? "main" : "", onclick: () => step(action, null, note, place, all) }, names[action]));
  if (AT_THE_DESK && RUNNING.includes(one.state) && !one.may.whistle.includes("release") && one.nod?.state !== "waiting")
    all.push(h("button", { type: "button", onclick: () => (note.value.trim() ? step("release", null, note, place, all, { force: true }) : (fill(place, wrong("还有单位没有办完，强行散哨请写明为什么")), note.focus())) }, "没办完也散哨"));
  return card("整个哨", quiet("事不完、人不撤：每一家都完成了才能散哨；不用它来的单位，先在上面放行。"), h("label", { class: "field" }, "说明 ", note), h("div", { class: "buttons" }, all), place);
}

function marks(one) {
  const forms = Object.entries(one.may.units).filter(([, open]) => open.includes("evaluate")).flatMap(([code]) => [
    one.may.blower && marking(one, code, `给${unit(code)}评分`, profile.whistle.marks_of_unit, (held) => held.of === code),
    one.may.acts_for.includes(code) && marking(one, code, `${unit(code)}评这次吹哨`, profile.whistle.marks_of_whistle, (held) => held.of === null && held.by === code),
  ]);
  const given = one.marks.map((held) => [held.by ? unit(held.by) : "吹哨方", held.of ? unit(held.of) : "这次吹哨", in_order(held.marks), when(held.at)]);
  if (!given.length && !forms.some(Boolean)) return null;
  return card("互评", quiet("1 到 5 分，5 分最好；再评一次就改过来，计入每月双考核。"), given.length > 0 && table(["谁评的", "评谁", "几分", "时间"], given, "互评"), forms);
}

const in_order = (given) => [...new Set([...profile.whistle.marks_of_unit, ...profile.whistle.marks_of_whistle, ...Object.keys(given)])].filter((name) => name in given).map((name) => `${name} ${given[name]}`).join("，");

function marking(one, code, name, names, is_held) {
  const held = one.marks.find(is_held)?.marks ?? {};
  const place = h("div");
  const given = names.map((each) => [each, h("select", {}, [5, 4, 3, 2, 1].map((mark) => h("option", { value: mark, selected: (held[each] ?? 5) === mark }, `${mark} 分`)))]);
  const note = h("input", { maxlength: 2000 });
  const go = h("button", { type: "submit", class: "main" }, "评分");
  const submit = (event) => {
    event.preventDefault();
    step("evaluate", code, note, place, [go], { marks: Object.fromEntries(given.map(([each, select]) => [each, Number(select.value)])) });
  };
  return h("details", {}, h("summary", {}, name), h("form", { class: "fields", onsubmit: submit },
    given.map(([each, select]) => h("label", { class: "field" }, `${each} `, select)), h("label", { class: "field" }, "说明 ", note), h("div", { class: "buttons" }, go), place));
}

const story = (one) => card("经过", h("ol", { class: "story" }, one.timeline.map((line) =>
  h("li", {}, h("time", { datetime: line.at }, when(line.at)), h("div", {}, line.text, line.by && h("small", { class: "quiet" }, ` ${line.by}`))))));

// What others did in between is shown at once, unless somebody is writing here.
async function look_again() {
  if (document.hidden || !shown) return;
  const one = await call(ONE).catch(() => null);
  if (!one || one.version <= shown.version) return;
  const writing = by_id("work").contains(document.activeElement) || [...by_id("work").querySelectorAll("textarea, input")].some((each) => each.value);
  if (!writing) return draw(one);
  if (!fresh) fill(by_id("told"), h("p", {}, "有新的情况。", button("看最新的", () => { fill(by_id("told")); draw(one); })));
  fresh = true;
}

async function start() {
  [finder, profile] = await Promise.all([unit_finder(), the_profile()]);
  await show();
  setInterval(look_again, EVERY);
}

start().catch((error) => failed(error, by_id("work")));
