// What the three pages of rates share: a figure as it is shown, a case, and the formula.
import { h, number } from "../ground/dom.js";

export const RATES = "/dispatch/v1/rates";
export const CODES = ["response", "resolution", "satisfaction", "on_time"];
export const percent = (rate) => (rate === null || rate === undefined ? "—" : `${(100 * rate).toFixed(1)}%`);
export const score = (told) => (told === null || told === undefined ? "—" : told.toFixed(1));
export const few = (figure) => figure.small_sample && figure.denominator > 0 && h("span", { class: "few" }, "样本少");
export const to_case = (one) => h("a", { href: `/cases/${encodeURIComponent(one.case_id)}` }, one.title || one.case_id);

export function figure(told) {
  return [percent(told.rate), few(told), h("div", { class: "parts" }, `${number(told.numerator)} / ${number(told.denominator)}`)];
}

export function formula(told) {
  const weights = Object.entries(told.meaning).map(([code, meaning]) => `${told.total?.[code]?.name ?? told.total?.nothing?.[code]?.name ?? code} = ${meaning}`);
  return `${told.formula}。${weights.join("；")}。${told.formula_of.note}。`;
}
