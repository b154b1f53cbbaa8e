// 双考核: a month of whistles, in bars; each number opens to its whistles, each whistle to its case.
import { call } from "../ground/api.js";
import { button, by_id, failed, fill, h, number, quiet, table, when } from "../ground/dom.js";
import { key, rated, stacked } from "./bars.js";
import { STATES } from "./words.js";

const PATH = "/dispatch/v1/whistles/assessment";
const FATES = { on_time: "按时", late: "迟到", missing: "没到", let_go: "不用到", open: "还没到时候" };
const percent = (rate) => (rate === null ? "—" : `${(100 * rate).toFixed(1)}%`);
const few = (one, of) => one.small_sample && of > 0 && h("span", { class: "few" }, "样本少");
let asked = 0;

async function show() {
  const mine = ++asked;
  fill(by_id("told"));
  by_id("behind").hidden = true;
  by_id("state").textContent = "正在算……";
  const month = by_id("month").value;
  const told = await call(PATH + (month ? `?month=${month}` : ""));
  if (mine !== asked) return;
  by_id("month").value = told.month;
  by_id("state").textContent = `${told.month.replace("-", " 年 ")} 月吹的哨；点数字看是哪些，再点看案件。`;
  fill(by_id("streets"), told.streets.length ? streets(told) : quiet("没有街道可以算。"));
  fill(by_id("units"), told.units.length ? units(told) : quiet("这个月没有叫过单位。"));
  fill(by_id("blowers"), told.blowers.length ? blowers(told) : quiet("这个月没有吹过哨。"));
}

const opener = (told, many, label, said, wanted) => (many ? h("button", { type: "button", class: "number", "aria-label": `${said} ${many}`, onclick: () => open(told.month, said, wanted) }, label) : label);

function streets(told) {
  const most = Math.max(told.rate_ceiling * 1.25, ...told.streets.map((one) => one.rate ?? 0)) || 1;
  const span = `${percent(told.rate_floor)} 到 ${percent(told.rate_ceiling)}`;
  const rows = told.streets.map((one) => [
    one.name,
    one.rate === null ? "本月没有立案" : rated(`${one.name}吹哨率 ${percent(one.rate)}，适中是 ${span}`, one.rate, told.rate_floor, told.rate_ceiling, most),
    [percent(one.rate), few(one, one.cases), h("div", { class: "parts" }, opener(told, one.whistles, number(one.whistles), `${one.name}吹的哨`, { street: one.unit }), ` / ${number(one.cases)} 件`)],
    one.verdict ? h("span", { class: `verdict ${one.verdict}` }, one.said) : "—",
  ]);
  return [table(["街道", "图", "吹哨率", "高不高"], rows, "各街道的吹哨率"), quiet(`浅绿是适中：${span}。${told.meaning.rate}。`)];
}

function units(told) {
  const most = Math.max(...told.units.map((one) => one.called));
  const worst = [...told.units].sort((a, b) => b.missing - a.missing || b.late - a.late || b.called - a.called);
  const rows = worst.map((one) => [
    one.name,
    [stacked(`${one.name}：${Object.entries(FATES).map(([code, name]) => `${name} ${one[code]}`).join("，")}`, Object.keys(FATES).map((code) => [code, one[code]]), most),
      h("div", { class: "counts" }, Object.entries(FATES).filter(([code]) => one[code]).map(([code, name]) => h("span", {}, `${name} `, opener(told, one[code], number(one[code]), `${one.name} ${name}`, { unit: one.unit, fate: code }))))],
    opener(told, one.called, number(one.called), `叫${one.name}的哨`, { unit: one.unit }),
    [percent(one.on_time_rate), few(one, one.called)],
    marks(one.marks, one.declined > 0 && `请辞 ${one.declined} 次`),
  ]);
  return [h("ul", { class: "keys" }, Object.entries(FATES).map(([code, name]) => key(code, name))), table(["单位", "到得怎样", "叫了几次", "按时率", "吹哨方评"], rows, "被叫的单位"), quiet(`按时率：${told.meaning.on_time_rate}。`)];
}

function blowers(told) {
  const most = Math.max(...told.blowers.map((one) => one.blown));
  const rows = told.blowers.map((one) => [
    one.name,
    stacked(`${one.name}吹了 ${one.blown} 次`, [["blown", one.blown]], most),
    one.unit ? opener(told, one.blown, number(one.blown), `${one.name}吹的哨`, { blower: one.unit }) : number(one.blown),
    [`到齐 ${one.met}`, ...[["exhausted", "没有到齐"], ["cancelled", "撤了"], ["refused", "街道没同意"], ["waiting", "等同意"], ["outside_catalogue", "不在事项清单"]].filter(([code]) => one[code]).map(([code, name]) => `，${name} ${one[code]}`)],
    marks(one.marks),
  ]);
  return table(["吹哨的单位", "图", "吹了几次", "结果", "单位评"], rows, "吹哨的单位");
}

function marks(told, more) {
  const said = Object.entries(told.by).map(([name, mark]) => `${name} ${mark}`).join("，");
  return [said || "没有评", told.of > 0 && ` （评了 ${told.of} 次）`, more && h("div", { class: "parts" }, more)];
}

async function open(month, said, wanted, cursor = "", before = []) {
  const mine = asked;
  try {
    const page = await call(`${PATH}/whistles?${new URLSearchParams({ month, ...wanted, cursor })}`);
    if (mine !== asked) return;
    const items = [...before, ...page.items];
    by_id("behind").hidden = false;
    by_id("behind_name").textContent = said;
    const rows = items.map((one) => [
      one.case_id ? h("a", { href: `/cases/${encodeURIComponent(one.case_id)}` }, one.need || one.kind_name) : [one.need || one.kind_name, quiet("还没有案件")],
      one.kind_name, `${one.blown_name} ${when(one.blown_at)}`, one.address,
      one.fate ? FATES[one.fate] : one.waiting ? "等街道同意" : one.refused ? "街道没有同意" : STATES[one.state],
    ]);
    fill(by_id("whistles"), items.length ? table(["要办的事", "哨型", "谁吹的", "到哪里", "情况"], rows, said) : quiet("没有。"),
      page.next && button("再列一些", () => open(month, said, wanted, page.next, items)));
    if (!cursor) by_id("behind_name").focus();
  } catch (error) {
    failed(error, by_id("told"));
  }
}

const again = () => show().catch((error) => {
  by_id("state").textContent = "";
  failed(error, by_id("told"));
});
by_id("month").addEventListener("change", () => by_id("month").value && again());
again();
