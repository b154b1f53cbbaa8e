// 会商: the material of each case that waits for a meeting, its decision, and what meetings have decided.
import { call } from "../ground/api.js";
import { by_id, card, failed, fill, h, quiet, table, when } from "../ground/dom.js";
import { begin, case_link, listed, unit_names } from "./follow.js";
import { matter, NAMES } from "./matter.js";
import { sitting } from "./sitting.js";

const MEETS = ["admin", "duty_desk", "supervisor"].includes(document.querySelector("main").dataset.role);

begin(async () => {
  const unit = await unit_names();
  const here = await sitting(by_id("sitting"), MEETS);
  let shown = 0;
  const show = listed("/dispatch/v1/meetings/pack", "没有等会商的案件。", (items) => {
    by_id("sitting").hidden = shown + items.length === 0;
    here.leads(items);
    return items.map((one) => matter(one, (shown += 1), unit, MEETS ? here : null, decided));
  }, 20);

  async function decided() {
    const place = by_id("decided");
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
  await decided();
});
