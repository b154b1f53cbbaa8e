// What the tabs of follow-up share: a list in pages, a light, a deed and what came of it.
import { call, post } from "../ground/api.js";
import { busy, button, by_id, failed, fill, h, OVERTAKEN, quiet, when } from "../ground/dom.js";
import { unit_namer } from "../ground/names.js";

export const may_do = document.querySelector("main").dataset.role !== "auditor";
export const case_link = (id, title) => h("a", { href: "/cases/" + encodeURIComponent(id) }, title || id);
const LIGHTS = { red: "红灯 已到期", yellow: "黄灯 快到期", green: "" };

export const due_cell = (one) => h("span", { class: `falls ${one.light}` }, [when(one.due), LIGHTS[one.light]].filter(Boolean).join(" · "));

// A list that is read anew after each deed. `draw` turns its items into elements.
// What was asked for before something newer was is not shown any more.
export function listed(path, empty, draw, limit = 50) {
  const [list, older] = [by_id("list"), by_id("older")];
  let cursor = "";
  let asked = 0;
  async function more() {
    const glue = path.includes("?") ? "&" : "?";
    const mine = ++asked;
    const page = await busy([older], list, () => call(`${path}${glue}limit=${limit}${cursor && "&cursor=" + encodeURIComponent(cursor)}`));
    if (!page || mine !== asked) return;
    if (page.items.length) list.append(...[draw(page.items)].flat());
    else if (!cursor && !page.next) list.append(quiet(empty));
    cursor = page.next ?? "";
    older.hidden = !page.next;
  }
  older.addEventListener("click", more);
  return async () => {
    cursor = "";
    list.replaceChildren();
    await more();
  };
}

// `said` is shown above the list once it is done; what is refused stays beside the buttons. Where somebody else came first
// the list is read anew.
export function deed(place, buttons, path, told, version, said, after) {
  return busy(buttons, place, async () => {
    const headers = { "content-type": "application/json" };
    let done;
    try {
      done = version === null ? await call(path, { method: "POST", body: JSON.stringify(told), headers }) : await post(path, told, version);
    } catch (error) {
      if (error.status !== 412) throw error;
      await after();
      fill(by_id("told"), h("p", { class: "wrong" }, OVERTAKEN));
      return null;
    }
    fill(by_id("told"), h("p", { class: "right-done" }, typeof said === "function" ? said(done) : said));
    await after();
    return done;
  });
}

export const act = (one, told, said, after, place, buttons) =>
  deed(place, buttons, `/dispatch/v1/cases/${encodeURIComponent(one.case_id)}/actions`, told, one.version, said, after);

// Buttons side by side, and below them the place for what goes wrong.
export function doing(made) {
  const wrong = h("div", { role: "alert" });
  const row = h("div", { class: "doing" });
  row.append(...made((text, todo, given = {}) => button(text, () => todo(wrong, [...row.querySelectorAll("button")]), given)), wrong);
  return row;
}

// A form that opens below its name. `fields`: elements; `send(place, buttons)` does it.
export function folded(name, fields, send, action = name) {
  const [wrong, go] = [h("div", { role: "alert" }), h("button", { type: "submit", class: "main" }, action)];
  const submit = (event) => {
    event.preventDefault();
    send(wrong, [go]);
  };
  return h("details", {}, h("summary", {}, name), h("form", { class: "fields", onsubmit: submit }, fields, wrong, h("p", { class: "buttons" }, go)));
}

export const field = (name, input) => h("label", { class: "field" }, name + " ", input);
// What people type is Shanghai's time, wherever they sit.
export const moment = (input) => (input.value ? input.value + ":00+08:00" : null);
export const begin = (start) => start().catch((error) => failed(error, by_id("list")));
export const unit_names = unit_namer;
