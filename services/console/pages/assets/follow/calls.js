// 回访: whom to call now, what they said, or that nobody answered. The number is shown by intake, for a reason, and noted there.
import { call } from "../ground/api.js";
import { busy, fill, h, quiet, table } from "../ground/dom.js";
import { SATISFACTION } from "../handling/words.js";
import { act, begin, case_link, doing, due_cell, listed, may_do } from "./follow.js";


begin(async () => {
  const show = listed("/dispatch/v1/callbacks", "现在没有要回访的市民。", (items) =>
    items.length ? table(["案件", "第几次", "到期", "电话", "市民怎么说"], items.map(row), "回访") : []);

  function row(one) {
    const tries = one.tries ? `打过 ${one.tries} 次没通，最多 ${one.most} 次` : `还没打，最多 ${one.most} 次`;
    const wait = one.not_before ? `，${one.not_before} 起再打` : "";
    const many = one.orders.length > 1 ? quiet(`同一位市民的 ${one.orders.length} 张工单，只打一次`) : null;
    return [
      [case_link(one.case_id, one.title), many], tries + wait, due_cell(one),
      may_do ? phone(one) : null, may_do ? verdict(one) : null,
    ];
  }

  function phone(one) {
    const place = h("div", {});
    return [doing((make) => [make("看电话", (wrong, all) => busy(all, wrong, async () => {
      const told = await call(`/intake/v1/orders/${encodeURIComponent(one.order_id)}/reveal`, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ reason: "回访" }),
      });
      fill(place, h("p", {}, [told.name, told.phone].filter(Boolean).join(" ") || "没有留电话"));
    }), { "aria-label": `看电话 ${one.order_id}` })]), place];
  }

  function verdict(one) {
    const options = (known) => Object.entries(known).map(([code, name]) => h("option", { value: code }, name));
    const solved = h("select", { "aria-label": `${one.order_id} 是否解决` }, options({ true: "已解决", false: "未解决" }));
    const content = h("select", { "aria-label": `${one.order_id} 是否满意` }, options(SATISFACTION));
    const told = () => ({ action: "callback", order_id: one.order_id, resolved: solved.value === "true", satisfaction: content.value });
    const said = (after) => (after.state === "reopened" ? "已登记：市民不认可，已经重办" : after.state === "closed" ? "已登记：市民认可，已经结案" : "已登记");
    return h("div", { class: "doing" }, solved, content, doing((make) => [
      make("登记", (place, all) => act(one, told(), said, show, place, all)),
      make("没打通", (place, all) => act(one, { action: "callback", order_id: one.order_id, reached: false }, "已登记：没打通", show, place, all), { disabled: Boolean(one.not_before) }),
    ]));
  }
  await show();
});
