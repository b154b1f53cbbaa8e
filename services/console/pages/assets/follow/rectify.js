// 限期整改: orders to put right, by the unit that looks again and when; found by words, looked at, handed to enforcement.
import { call } from "../ground/api.js";
import { busy, by_id, card, fill, h, number, quiet, table, when } from "../ground/dom.js";
import { unit_finder, unit_input } from "../ground/unit_field.js";
import { case_picker } from "./case_picker.js";
import { begin, case_link, deed, doing, due_cell, field, folded, may_do, moment } from "./follow.js";

const PATH = "/dispatch/v1/rectifications";
const NOBODY = "-"; // whose unit asks for those that no unit ordered
const NONE = "没有这样的整改通知。";

begin(async () => {
  const finder = await unit_finder();
  const unit = (code) => (code ? finder.name(code) : "没有写单位的");
  let asked = 0;

  const wanted = () => Object.fromEntries(Object.entries({ q: by_id("q").value.trim(), unit: by_id("unit").value, state: by_id("state").value, missed: by_id("missed").checked ? "true" : "" }).filter(([, told]) => told));

  // The groups with what is in them altogether; each is read when it is opened.
  async function show() {
    const mine = ++asked;
    const told = await busy([], by_id("list"), () => call(`${PATH}/units?${new URLSearchParams(wanted())}`));
    if (!told || mine !== asked) return;
    const all = told.items.reduce((sum, one) => sum + one.count, 0);
    const opened = new Set([...by_id("list").querySelectorAll("details[open][data-unit]")].map((one) => one.dataset.unit));
    fill(by_id("list"), all ? [quiet(`一共 ${number(all)} 件，${told.items.length} 个单位去复查。`), told.items.map((one, place) => group(one, opened.size ? opened.has(one.unit ?? NOBODY) : place === 0 || told.items.length <= 5))]
      : card(by_id("state").selectedOptions[0].textContent, quiet(by_id("q").value || by_id("unit").value || by_id("missed").checked ? NONE : "没有在等整改的。")));
  }

  function group(one, open) {
    const [rows, place] = [h("div", {}), h("div", {})];
    const more = h("button", { type: "button", class: "more", hidden: true, onclick: () => read() }, "再往后");
    const name = unit(one.unit);
    const made = h("details", { class: "group card", open, "data-unit": one.unit ?? NOBODY }, h("summary", {}, h("h2", {}, `${name}（${number(one.count)}${one.missed ? `，${number(one.missed)} 件过期没有复查` : ""}）`)), rows, place, more);
    let [found, next] = [[], ""];
    async function read() {
      const page = await busy([more], place, () => call(`${PATH}?${new URLSearchParams({ ...wanted(), unit: one.unit ?? NOBODY, limit: "50", ...(next && { cursor: next }) })}`));
      if (!page) return;
      [found, next] = [[...found, ...page.items], page.next];
      fill(rows, table(["对象", "整改什么", "到期", "案件", "复查"], found.map(row), `${name}的限期整改`));
      more.hidden = next === null;
    }
    let begun = false;
    made.addEventListener("toggle", () => made.open && !begun && ((begun = true), fill(rows, quiet("正在读……")), read()));
    return made;
  }

  function row(one) {
    const failed = one.failed ? `，已经 ${one.failed} 次没有到位` : "";
    const open = one.state === "ordered";
    return [one.subject + (one.shop_code ? `（${one.shop_code}）` : ""), one.orders + failed, open ? due_cell(one) : when(one.due), case_link(one.case_id, one.case_title || "看案件"),
      open ? may_do && checks(one) : [one.state_name, one.checked_at && quiet(`${when(one.checked_at)} ${one.found}`)]];
  }

  function checks(one) {
    const found = h("input", { maxlength: "2000", placeholder: "看到的情况", "aria-label": `${one.subject} 看到的情况` });
    const path = `${PATH}/${encodeURIComponent(one.number)}/check`;
    const send = (told, said) => (place, all) => deed(place, all, path, { found: found.value, ...told() }, null, said, () => show());
    const until = h("input", { type: "datetime-local", required: true });
    const to = unit_input(finder, { required: true });
    const enforce = folded("移交执法", [field("移交给", to)], send(() => ({ passed: false, to: to.code() }), "已登记：移交执法，案件已经转去"), "移交");
    return h("div", {}, found, doing((make) => [make("整改到位", send(() => ({ passed: true }), "已登记：整改到位"))]),
      folded("再限期", [field("到什么时候", until)], send(() => ({ passed: false, due: moment(until) }), "已登记：再限期")), enforce);
  }

  if (may_do) {
    const which = case_picker();
    const [name, shop, orders, due] = [
      h("input", { required: true, maxlength: "100" }), h("input", { maxlength: "100" }),
      h("textarea", { required: true, rows: "2", maxlength: "2000" }), h("input", { type: "datetime-local", required: true }),
    ];
    const told = () => ({ case_id: which.chosen(), subject: { name: name.value, ...(shop.value && { shop_code: shop.value }) }, orders: orders.value, due: moment(due) });
    const form = folded("开整改通知", [
      ...which.fields, field("商铺或工地（不写人）", name), field("一户一码（没有可不填）", shop), field("整改什么", orders), field("到什么时候", due),
    ], (place, all) => deed(place, all, PATH, told(), null, (one) => `已开整改通知，${when(one.due)} 到期`, () => show()));
    fill(by_id("above"), h("section", { class: "card" }, form));
  }
  by_id("unit").append(...finder.known.map((one) => h("option", { value: one.code }, one.name)));
  by_id("search").addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  for (const id of ["unit", "state", "missed"]) by_id(id).addEventListener("change", () => show());
  await show();
});
