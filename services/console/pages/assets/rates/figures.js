// Figures by unit, grid, street, concern, channel or day; each number opens to its cases.
import { call } from "../ground/api.js";
import { button, by_id, failed, fill, h, number, quiet, table, when } from "../ground/dom.js";
import { CODES, RATES, few, formula, percent, score, to_case } from "./words.js";

const PARTS = { numerator: "分子", denominator: "分母", excluded: "剔除的", waiting: "还没到期的" };

let asked = 0;

async function show() {
  const mine = ++asked;
  const query = new URLSearchParams({ by: by_id("by").value, period: by_id("named").value || by_id("period").value.trim() || "month" });
  fill(by_id("told"));
  by_id("behind").hidden = true;
  const told = await call(`${RATES}?${query}`);
  if (mine !== asked) return;
  by_id("state").textContent = `${when(told.from)} 到 ${when(told.to)} 到期 ${told.total.cases} 件，还没到期 ${told.total.waiting} 件。`;
  by_id("formula").textContent = formula(told);
  const rows = [{ key: null, name: "合计", ...told.total }, ...told.items].map((one) => [
    one.name, ...CODES.map((code) => cell(query, one, code)), score(one.score), left(query, one)]);
  fill(by_id("list"), told.items.length ? table(["", ...CODES.map((code) => told.total[code].name), "总分", "没有计的"], rows, "三率") : quiet("这段时间没有到期的案件。"));
}

const opener = (text, query, one, asked, said) => h("button", { type: "button", class: "number", "aria-label": said, onclick: () => open(query, one, asked, said) }, text);

function cell(query, one, code) {
  const told = one[code];
  const part = (name) => opener(number(told[name]), query, one, { rate: code, part: name }, `${one.name} ${told.name} ${PARTS[name]}`);
  if (!told.denominator) return "—";
  return [percent(told.rate), few(told), h("div", { class: "parts" }, part("numerator"), "/", part("denominator"))];
}

function left(query, one) {
  const excluded = Object.values(one.excluded).reduce((sum, n) => sum + n, 0);
  return [excluded > 0 && opener(`剔除 ${excluded}`, query, one, { part: "excluded" }, `${one.name} 剔除的`),
    one.waiting > 0 && opener(`没到期 ${one.waiting}`, query, one, { part: "waiting" }, `${one.name} 还没到期的`)];
}

async function open(query, one, asked, said, cursor = "", before = []) {
  try {
    const wanted = new URLSearchParams({ ...Object.fromEntries(query), ...asked, cursor });
    if (one.key !== null) wanted.set("of", one.key);
    const page = await call(`${RATES}/cases?${wanted}`);
    const items = [...before, ...page.items];
    by_id("behind").hidden = false;
    by_id("behind_name").textContent = said;
    const rows = items.map((each) => [to_case(each), each.unit_name, `${when(each.due)} 到期`, told_of(each), asked.rate ? number(each.counts[asked.part]) : "—"]);
    fill(by_id("cases"), items.length ? table(["案件", "单位", "期限", "情况", "计"], rows, said) : quiet("没有案件。"),
      page.next && button("再列一些", () => open(query, one, asked, said, page.next, items)));
    if (!cursor) by_id("behind_name").focus();
  } catch (error) {
    failed(error, by_id("told"));
  }
}

function told_of(one) {
  const limits = { done: "按期", late: "超期", waiting: "没到期" };
  return [one.contact && `联系${limits[one.contact]}`, `办结${limits[one.resolve]}`, one.answered > 0 && `${one.answered} 人评价，${one.solved} 人说解决`,
    one.recurred && "复发", one.excluded_name && `剔除：${one.excluded_name}`].filter(Boolean).join("，");
}

const again = () => show().catch((error) => {
  by_id("state").textContent = "";
  failed(error, by_id("told"));
  if (error.errors?.length) by_id("told").append(h("ul", { class: "faults" }, error.errors.map((each) => h("li", {}, each.detail))));
});
by_id("asked").addEventListener("submit", (event) => {
  event.preventDefault();
  again();
});
by_id("by").addEventListener("change", again);
by_id("named").addEventListener("change", () => {
  by_id("other").hidden = by_id("named").value !== "";
  if (by_id("named").value) again();
  else by_id("period").focus();
});
again();
