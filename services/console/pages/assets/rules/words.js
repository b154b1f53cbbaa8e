// Codes of rules as people read them.
import { call } from "../ground/api.js";
import { h } from "../ground/dom.js";

export const ROWS = "/dispatch/v1/rules";
export const EDITORS = ["admin", "duty_desk", "supervisor"];
export const CONDITIONS = [
  ["category", "类别"], ["concern", "事项"], ["sub", "子项"], ["channel", "渠道"], ["kind", "诉求类型"], ["zone", "三区"], ["level", "提出层级"],
  ["grid", "网格"], ["unit", "单位"], ["owner", "权属"], ["component", "部件"], ["inside_wall", "围墙内"], ["emergency", "紧急"],
  ["hours", "时段"], ["words", "说到"], ["unless", "没说到"],
];
export const RESULTS = [["class", "时限类别"], ["level", "层级"], ["clocks", "按谁的时限"], ["whistle", "立即吹哨"]];
const TITLES = new Map([
  ...CONDITIONS.map(([name, title]) => ["when." + name, title]), ...RESULTS,
  ["priority", "优先级"], ["title", "说明"], ["lead", "主办"], ["assists", "协办"], ["ground", "依据"],
]);
let known;

export const may_edit = () => EDITORS.includes(document.querySelector("main").dataset.role);
export const field_name = (field) => TITLES.get(field) ?? field;
export const the_words = () => (known ??= call(ROWS + "/words"));

export function code_name(words, kind, code) {
  return words[kind]?.[code] ?? words.sub[code] ?? code;
}

export function target_name(words, target) {
  return target.split("|").map((one) => one_target(words, one)).join(" 或 ");
}

function one_target(words, target) {
  const [family, code] = target.split(":");
  if (family === "grid") return `所在${words.overlay[code] ?? code}的单位`;
  if (family === "unit") return words.unit[code] ?? code;
  if (family === "role") return words.role[code] ?? code;
  if (family === "estate") return "所在小区的物业";
  if (family === "operation") return "城运中心";
  return code ? `权属单位（${words.role[code] ?? code}）` : "权属单位";
}

// Every target that may be named, with what it means.
export function targets(words) {
  const fixed = ["operation", "owner", "estate:property"];
  const made = [["grid", "overlay"], ["role", "role"], ["owner", "role"], ["unit", "unit"]].flatMap(([family, kind]) => Object.keys(words[kind]).map((code) => `${family}:${code}`));
  return Object.fromEntries([...fixed, ...made].map((target) => [target, target_name(words, target)]));
}

export function conditions(words, when = {}) {
  const said = CONDITIONS.filter(([name]) => when[name] !== undefined).map(([name, title]) => {
    const told = when[name];
    if (typeof told === "boolean") return `${title}：${told ? "是" : "否"}`;
    return `${title}：${Array.isArray(told) ? told.map((code) => code_name(words, name, code)).join("、") : told}`;
  });
  return said.length ? said.map((one) => h("div", {}, one)) : "都算";
}

export function value(told) {
  if (told === null || told === undefined) return "没有写";
  if (typeof told === "boolean") return told ? "是" : "否";
  return Array.isArray(told) ? told.join("、") : String(told);
}
