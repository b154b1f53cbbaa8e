// 会商: cases that wait for a meeting, and what meetings have decided.
import { call } from "../ground/api.js";
import { by_id, card, failed, fill, h, quiet, table, when } from "../ground/dom.js";
import { unit_select } from "../ground/names.js";
import { begin, case_link, deed, field, folded, listed, may_do, moment, unit_names } from "./follow.js";

const NAMES = { street: "街道会商", study: "疑难件会诊" };

begin(async () => {
  const unit = await unit_names();
  const why = (one) => (one.waits_for === "street" ? `市民 ${one.dissatisfied} 次不认可` : "疑难件") + (one.recurrences ? `，复发 ${one.recurrences} 次` : "");
  const show_waiting = listed("/dispatch/v1/meetings?state=waiting", "没有等会商的案件。", (items) =>
    items.length ? table(["案件", "哪种会", "为什么", "主办", "登记结果"], items.map((one) => [
      case_link(one.case_id, one.title), NAMES[one.waits_for], why(one), unit(one.lead), may_do ? form(one) : null]), "等会商的") : []);
  const show = async () => {
    await show_waiting();
    await decided();
  };

  function form(one) {
    const [held, due] = [h("input", { type: "datetime-local", required: true }), h("input", { type: "datetime-local", required: true })];
    const decision = h("textarea", { required: true, rows: "3", maxlength: "2000" });
    const [units, owner] = [h("select", { multiple: true, required: true, size: "6" }), h("select", {})];
    const made = folded("登记会商结果", [
      field("什么时候开的", held), field("到会单位（可以选几个）", units), field("定了什么", decision), field("由谁落实（不选就是主办）", owner), field("什么时候前落实", due),
    ], (place, all) => deed(place, all, `/dispatch/v1/cases/${encodeURIComponent(one.case_id)}/meeting`, {
      held_at: moment(held), units: [...units.selectedOptions].map((option) => option.value), decision: decision.value,
      ...(owner.value && { owner: owner.value }), due: moment(due),
    }, one.version, "已登记会商结果，落实单位会收到", show), "登记");
    made.addEventListener("toggle", async () => {
      if (units.options.length) return;
      owner.append(...(await unit_select("")).options);
      owner.value = "";
      units.append(...[...(await unit_select("")).options].filter((option) => option.value));
    }, { once: true });
    return made;
  }

  async function decided() {
    const place = by_id("above");
    try {
      const { items } = await call("/dispatch/v1/meetings?state=decided&limit=100");
      fill(place, card("议定还没有办结的", items.length ? table(["案件", "定了什么", "由谁落实", "什么时候前"], items.flatMap((one) => one.meetings.map((held) => [
        case_link(one.case_id, one.title), h("p", { class: "decided" }, `${NAMES[held.kind]}（${when(held.held_at)}）：${held.decision}`), unit(held.owner),
        h("span", { class: held.missed ? "falls red" : "falls" }, when(held.due) + (held.missed ? " · 过期未落实" : "")),
      ])), "议定的") : quiet("还没有。")));
    } catch (error) {
      failed(error, place);
    }
  }
  await show();
});
