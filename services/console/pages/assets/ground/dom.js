// Small pieces that the pages are made of. What is put in is text, never HTML.
export const by_id = (id) => document.getElementById(id);

export function h(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

export function fill(place, ...inside) {
  place.replaceChildren(...inside.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return place;
}

export const card = (title, ...inside) => h("section", { class: "card" }, h("h2", {}, title), ...inside);
export const quiet = (text) => h("p", { class: "quiet" }, text);
export const button = (text, onclick, given = {}) => h("button", { type: "button", class: "small", onclick, ...given }, text);

// `rows`: arrays of text or elements; the first of each is the row's own name.
export function table(names, rows, label) {
  const head = h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)));
  const body = rows.map((row) =>
    h("tr", {}, row.map((cell, place) => h(place ? "td" : "th", place ? { "data-name": names[place] } : { scope: "row" }, h("div", {}, cell ?? "—")))),
  );
  const look = names.length > 3 ? "scroller stacked" : "scroller";
  return h("div", { class: look, tabindex: "0", role: "region", "aria-label": label || names.join("、") },
    h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}

export function facts(pairs) {
  return h("dl", { class: "facts" }, pairs.map(([term, told]) => [h("dt", {}, term), h("dd", {}, told || "—")]));
}

// The first few at once, the others when asked for.
export function shortened(items, draw, most = 20) {
  const list = h("ul", { class: "faults" }, items.slice(0, most).map(draw));
  if (items.length <= most) return list;
  const more = button(`再列 ${items.length - most} 条`, () => {
    list.append(...items.slice(most).map(draw));
    more.remove();
  });
  return [list, more];
}

export function failed(error, place) {
  if (!error.errors) console.error(error);
  const told = error.errors ? error.message : "页面出了错，请刷新后再试";
  fill(place, h("p", { class: "wrong", role: "alert" }, told));
}

export const OVERTAKEN = "别人刚刚办了一步，已经重新读过，请看过再办。";

// While the work goes on its buttons rest; what goes wrong is told at `place`.
export async function busy(buttons, place, work) {
  const able = buttons.filter((one) => !one.disabled);
  able.forEach((one) => (one.disabled = true));
  try {
    return await work();
  } catch (error) {
    failed(error, place);
    return null;
  } finally {
    able.forEach((one) => (one.disabled = false));
  }
}

const NUMBER = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 1 });
export const number = (told) => (told === null || told === undefined ? "—" : NUMBER.format(told));

export function area(m2) {
  if (m2 === null || m2 === undefined) return "—";
  if (m2 >= 1e6) return `${number(m2 / 1e6)} 平方公里`;
  return m2 >= 1e4 ? `${number(m2 / 1e4)} 公顷` : `${number(m2)} 平方米`;
}

const WHEN = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const THIS_YEAR = WHEN.format(new Date()).slice(0, 5);
// The year only where it is another one.
export const when = (at) => (at ? WHEN.format(new Date(at)).replace(THIS_YEAR, "").replaceAll("/", "-") : "");

export function dates(one) {
  if (!one.valid_from && !one.valid_to) return "一直有效";
  return `${when(one.valid_from) || "一直"} 到 ${when(one.valid_to) || "以后"}`;
}
