// 限期整改: orders to put right, by the unit that looks again and when; found by words, looked at, handed to enforcement.
import { call } from "../ground/api.js";
import { busy, by_id, card, fill, h, quiet, table, when } from "../ground/dom.js";
import { all_units, unit_select } from "../ground/names.js";
import { case_picker } from "./case_picker.js";
import { begin, case_link, deed, doing, due_cell, field, folded, may_do, moment, unit_names } from "./follow.js";

const PATH = "/dispatch/v1/rectifications";
const NONE = "没有这样的整改通知。";

begin(async () => {
  const unit = await unit_names();
  let [found, next, asked] = [[], null, 0];

  async function show(more = false) {
    const mine = ++asked;
    const wanted = { q: by_id("q").value.trim(), unit: by_id("unit").value, state: by_id("state").value, missed: by_id("missed").checked ? "true" : "", cursor: more ? next : "" };
    const page = await busy([by_id("older")], by_id("list"), () => call(`${PATH}?${new URLSearchParams([["limit", "200"], ...Object.entries(wanted).filter(([, told]) => told)])}`));
    if (!page || mine !== asked) return;
    [found, next] = [more ? [...found, ...page.items] : page.items, page.next];
    const groups = grouped(found);
    fill(by_id("list"), found.length ? [...groups].map(([code, items]) => group(code, items)) : card(by_id("state").selectedOptions[0].textContent, quiet(by_id("q").value || by_id("unit").value || by_id("missed").checked ? NONE : "没有在等整改的。")));
    by_id("older").hidden = next === null;
  }

  function group(code, items) {
    const late = items.filter((one) => one.missed).length;
    return card(`${unit(code)}（${items.length}${late ? `，${late} 件过期没有复查` : ""}）`, table(["对象", "整改什么", "到期", "案件", "复查"], items.map(row), `${unit(code)}的限期整改`));
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
    const to = h("select", { required: true });
    const enforce = folded("移交执法", [field("移交给", to)], send(() => ({ passed: false, to: to.value }), "已登记：移交执法，案件已经转去"), "移交");
    enforce.addEventListener("toggle", async () => {
      to.append(...(await unit_select("")).options);
      to.value = "";
    }, { once: true });
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
  by_id("unit").append(...(await all_units()).map((one) => h("option", { value: one.code }, one.name)));
  by_id("search").addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  for (const id of ["unit", "state", "missed"]) by_id(id).addEventListener("change", () => show());
  by_id("older").addEventListener("click", () => show(true));
  await show();
});

function grouped(items) {
  const groups = new Map();
  for (const one of items) groups.set(one.unit ?? "", [...(groups.get(one.unit ?? "") ?? []), one]);
  return groups;
}
