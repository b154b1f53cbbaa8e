// 限期整改: orders to put right, looked at when due; again, or handed to enforcement.
import { by_id, fill, h, table, when } from "../ground/dom.js";
import { unit_select } from "../ground/names.js";
import { begin, case_link, deed, doing, due_cell, field, folded, listed, may_do, moment, unit_names } from "./follow.js";

const PATH = "/dispatch/v1/rectifications";

begin(async () => {
  const unit = await unit_names();
  const show = listed(PATH + "?state=ordered", "没有在等整改的。", (items) =>
    items.length ? table(["对象", "整改什么", "到期", "谁去复查", "案件", "复查"], items.map(row), "限期整改") : []);

  function row(one) {
    const failed = one.failed ? `，已经 ${one.failed} 次没有到位` : "";
    return [one.subject + (one.shop_code ? `（${one.shop_code}）` : ""), one.orders + failed, due_cell(one), unit(one.unit), case_link(one.case_id, one.case_id), may_do ? checks(one) : null];
  }

  function checks(one) {
    const found = h("input", { maxlength: "2000", placeholder: "看到的情况", "aria-label": `${one.subject} 看到的情况` });
    const path = `${PATH}/${encodeURIComponent(one.number)}/check`;
    const send = (told, said) => (place, all) => deed(place, all, path, { found: found.value, ...told() }, null, said, show);
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
    const [case_id, name, shop, orders, due] = [
      h("input", { required: true, maxlength: "100" }), h("input", { required: true, maxlength: "100" }), h("input", { maxlength: "100" }),
      h("textarea", { required: true, rows: "2", maxlength: "2000" }), h("input", { type: "datetime-local", required: true }),
    ];
    const told = () => ({ case_id: case_id.value.trim(), subject: { name: name.value, ...(shop.value && { shop_code: shop.value }) }, orders: orders.value, due: moment(due) });
    const form = folded("开整改通知", [
      field("案件编号", case_id), field("商铺或工地（不写人）", name), field("一户一码（没有可不填）", shop), field("整改什么", orders), field("到什么时候", due),
    ], (place, all) => deed(place, all, PATH, told(), null, (one) => `已开整改通知，${when(one.due)} 到期`, show));
    fill(by_id("above"), h("section", { class: "card" }, form));
  }
  await show();
});
