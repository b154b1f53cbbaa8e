// Whistles that wait for the street's nod, given or refused by those at the operation centre.
import { h, quiet, table, when } from "../ground/dom.js";
import { begin, case_link, deed, doing, listed } from "../follow/follow.js";
import { now, span } from "../ground/clock.js";
import { names_of } from "../handling/units.js";

const AT_THE_DESK = ["admin", "duty_desk"].includes(document.querySelector("main").dataset.role);
const NAMES = ["吹哨", "等了多久", "谁请求", "叫谁", "依据", ...(AT_THE_DESK ? ["同意"] : [])];

function waited(one) {
  const again = one.nod.reminded;
  return [h("span", { class: again ? "falls red" : "falls" }, span(now() - Date.parse(one.blown_at))), again > 0 && quiet(`已催 ${again} 次`)];
}

begin(async () => {
  const unit = await names_of();
  const show = listed("/dispatch/v1/whistles?nod=waiting", "现在没有等同意的哨。", (items) =>
    items.length ? table(NAMES, [...items].reverse().map(row), "等同意的哨") : [], 1000); // the longest waiting first, over all of them

  function row(one) {
    const where = one.meet.address || one.place.address;
    return [
      [h("a", { href: `/whistles/${encodeURIComponent(one.whistle_id)}` }, `${one.kind_name}：${one.need || "请到场协同处置"}`), where && quiet(`到 ${where}`), one.case_id && quiet(case_link(one.case_id, "查看案件"))],
      waited(one),
      `${one.blown_unit ? unit(one.blown_unit) : one.blown_by} ${when(one.blown_at)}`,
      one.calls.map((each) => unit(each.unit)).join("、"),
      [one.ground || "没有写依据", !one.matter && quiet("不在吹哨事项清单里")],
      ...(AT_THE_DESK ? [nod(one)] : []),
    ];
  }

  function nod(one) {
    const note = h("input", { "aria-label": `${one.need || one.kind_name} 的说明`, maxlength: 2000, placeholder: "说明" });
    const step = (action, said) => (place, all) =>
      deed(place, all, `/dispatch/v1/whistles/${encodeURIComponent(one.whistle_id)}/${action}`, note.value ? { note: note.value } : {}, one.version, said, show);
    return h("div", { class: "doing" }, note, doing((make) => [
      make("同意", step("approve", "已同意，哨已吹响，被叫的单位马上收到。")), make("不同意", step("refuse", "已答复不同意，吹哨方会收到。")),
    ]));
  }
  await show();
});
