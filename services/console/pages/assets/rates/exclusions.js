// 剔除: what waits for the district, what was decided, what is left out by rule; and a new request.
import { call, download } from "../ground/api.js";
import { busy, button, by_id, failed, fill, h, quiet, table, when } from "../ground/dom.js";
import { the_profile, unit_namer } from "../ground/names.js";
import { case_picker } from "../follow/case_picker.js";
import { RATES, percent } from "./words.js";

const PATH = "/dispatch/v1/exclusions";
const ROLE = document.querySelector("main").dataset.role;
const DECIDES = ["admin", "supervisor"].includes(ROLE);
const which = case_picker(() => {}, true);
const ASKS = ROLE !== "auditor" && ROLE !== "volunteer";
const json = (body) => ({ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
const link = (one) => h("a", { href: `/cases/${encodeURIComponent(one.case_id)}` }, one.case_title || one.case_id);

let [asked, found, next, unit] = [0, [], null, (code) => code];

async function show(more = false) {
  const mine = ++asked;
  const which = by_id("which").value;
  const told = await call(`${PATH}?${new URLSearchParams({ state: which, limit: "100", ...(more && { cursor: next }) })}`);
  if (mine !== asked) return;
  [found, next] = [more ? [...found, ...told.items] : told.items, told.next];
  by_id("state").textContent = `${found.length}${next ? " 件以上" : " 件"}。`;
  by_id("older").hidden = next === null;
  if (!found.length) return fill(by_id("list"), quiet("没有。"));
  const ruled = which === "by_rule";
  const rows = found.map((one) => ruled
    ? [link(one), one.ground_name, one.unit ? unit(one.unit) : "—", `${when(one.due)} 到期`]
    : [link(one), one.ground_name, [one.reason, h("div", { class: "quiet" }, `证据：${one.evidence.join("、")}`)], `${one.asked_by} ${when(one.asked_at)}`, decided(one)]);
  fill(by_id("list"), table(ruled ? ["案件", "理由", "单位", "期限"] : ["案件", "理由", "说明", "谁报的", "审批"], rows, "剔除"));
}

function decided(one) {
  if (one.state !== "asked") return [`${one.state === "refused" ? "没有批准" : "批准"}：${one.decided_by} ${when(one.decided_at)} ${one.note}`, one.state === "approved" && DECIDES && taking_back(one),
    one.taken_back_at && h("div", {}, `撤销：${one.taken_back_by} ${when(one.taken_back_at)} ${one.taken_back_for}`)];
  const place = h("div");
  const note = h("input", { "aria-label": "审批意见", maxlength: 500, placeholder: "意见" });
  const decide = (approved) => () => busy([], place, async () => {
    const told = await call(`${PATH}/${one.exclusion_id}/decision`, json({ approved, note: note.value }));
    fill(by_id("did"), h("p", { class: "right-done", role: "status" }, approved ? `已批准。${difference(told.figures)}` : "没有批准，照常计入。"));
    await show();
  });
  const look = button("前后的数", () => busy([], place, async () => fill(place, difference((await call(`${PATH}/${one.exclusion_id}`)).figures))));
  const papers = button("材料", () => busy([], place, () => download(`${RATES}/pack/${encodeURIComponent(one.case_id)}?format=zip`)));
  return [look, " ", papers, DECIDES && [" ", note, " ", button("批准", decide(true)), " ", button("不批准", decide(false))], place];
}

// What was granted in error counts again, with the reason.
function taking_back(one) {
  const place = h("div");
  const reason = h("input", { "aria-label": `${one.case_id} 为什么撤销`, maxlength: 2000, required: true, placeholder: "为什么撤销" });
  const send = h("button", { type: "submit", class: "small" }, "撤销");
  const submit = (event) => {
    event.preventDefault();
    busy([send], place, async () => {
      const told = await call(`${PATH}/${one.exclusion_id}/take-back`, json({ reason: reason.value }));
      fill(by_id("did"), h("p", { class: "right-done", role: "status" }, `已撤销，案件照常计入。${difference(told.figures, true)}`));
      await show();
    });
  };
  return h("form", { class: "doing", onsubmit: submit }, reason, send, place);
}

function difference(figures, back = false) {
  if (!figures) return "";
  const [before, after] = back ? [figures.after, figures.before] : [figures.before, figures.after];
  const rate = (code) => `${before[code].name} ${percent(before[code].rate)} → ${percent(after[code].rate)}`;
  return `${figures.unit_name} ${figures.period}：${["response", "resolution", "satisfaction", "on_time"].map(rate).join("，")}`;
}

async function offer() {
  by_id("ask").hidden = !ASKS;
  if (!ASKS) return;
  const profile = await the_profile();
  fill(by_id("ground"), Object.entries(profile.rates.excluded).map(([code, name]) => h("option", { value: code }, name)));
  fill(by_id("which_case"), which.fields);
  const named = new URLSearchParams(location.search).get("case");
  if (!named) return;
  which.set(await call(`/dispatch/v1/cases/${encodeURIComponent(named)}`));
  by_id("ask").scrollIntoView();
}

by_id("form").addEventListener("submit", (event) => {
  event.preventDefault();
  busy([...by_id("form").querySelectorAll("button")], by_id("told"), async () => {
    const evidence = by_id("evidence").value.split("\n").map((one) => one.trim()).filter(Boolean);
    const told = await call(PATH, json({ case_id: which.chosen(), ground: by_id("ground").value, reason: by_id("reason").value, evidence }));
    by_id("form").reset();
    fill(by_id("told"), h("p", { class: "right-done", role: "status" }, `已报批，等上级审批。${difference(told.figures)}`));
    by_id("which").value = "asked";
    await show();
  });
});
by_id("older").addEventListener("click", () => busy([by_id("older")], by_id("list"), () => show(true)));
by_id("which").addEventListener("change", () => show().catch((error) => failed(error, by_id("list"))));
// The list waits for nothing: one that came late would take away what somebody writes in it by then.
Promise.all([unit_namer().then((named) => { unit = named; return show(); }), offer()]).catch((error) => failed(error, by_id("list")));
