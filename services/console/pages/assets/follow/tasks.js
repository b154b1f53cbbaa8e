// 核查 and 回头看: what waits to be looked at, by whom, and how it was.
import { h, table } from "../ground/dom.js";
import { act, begin, case_link, doing, due_cell, listed, may_do, unit_names } from "./follow.js";

const NAMES = { verify: "核查", recheck: "回头看" };
const WORDS = {
  verify: { passed: "核查通过", failed: "不通过，重办", right: "已登记：核查通过", again: "已登记：不通过，已经重办" },
  recheck: { passed: "没有反弹", failed: "反弹了，重办", right: "已登记：没有反弹", again: "已登记：有反弹，已经重办" },
};

begin(async () => {
  const unit = await unit_names();
  const show = listed("/dispatch/v1/follow-up", "现在没有要核查、回头看的。", (items) => {
    const here = items.filter((one) => one.kind in NAMES);
    return here.length ? table(["案件", "做什么", "到期", "办理单位", "由谁来看", "登记"], here.map(row), "核查和回头看") : [];
  });
  function row(one) {
    const words = WORDS[one.kind];
    const note = h("input", { maxlength: "500", placeholder: "看到的情况", "aria-label": `${one.title} 看到的情况` });
    const told = (passed) => ({ action: one.kind, passed, note: note.value });
    return [
      case_link(one.case_id, one.title), NAMES[one.kind], due_cell(one), unit(one.doer ?? one.lead), unit(one.unit),
      may_do ? h("div", {}, note, doing((make) => [
        make(words.passed, (place, all) => act(one, told(true), words.right, show, place, all)),
        make(words.failed, (place, all) => act(one, told(false), words.again, show, place, all)),
      ])) : null,
    ];
  }
  await show();
});
