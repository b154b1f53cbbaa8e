// How matters like this were ruled before, and the change of the table that rulings propose; nothing where none fits.
import { h, quiet, when } from "../ground/dom.js";

export function rulings(items, proposal, heading = "h2") {
  if (!items.length && !proposal) return null;
  return [
    h(heading, {}, "同类的事以前怎么裁的"),
    h("ul", { class: "points" }, items.map((one) => h("li", {},
      `${when(one.at)} ${one.previous_name ? `从${one.previous_name}` : ""}裁定给${one.lead_name}，依据：${one.ground}。`,
      one.here !== one.lead && `照此这里由${one.here_name}主办。`, " ", h("a", { href: `/cases/${encodeURIComponent(one.case_id)}` }, "看那个案件")))),
    proposal && h("p", {}, `建议改规则：${proposal.row.title}。`, h("a", { href: "/rules/precedents" }, "去看建议的规则")),
    !items.length && quiet("这里还没有裁过。"),
  ];
}
