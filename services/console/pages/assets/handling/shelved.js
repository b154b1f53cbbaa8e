// 挂账: the register.
import { h, when } from "../ground/dom.js";
import { names_of } from "./units.js";
import { register } from "./lists.js";

const unit = await names_of();
const row = (one) => [
  h("a", { href: `/handling/cases/${encodeURIComponent(one.case_id)}` }, one.title || one.case_id),
  unit(one.lead),
  one.shelving?.reason || "没有写",
  one.shelving ? `${one.shelving.signed_by}（${one.shelving.office}）${when(one.shelving.since)}` : "—",
  one.shelving?.review_due && [`${when(one.shelving.review_due)} `, one.shelving.review_overdue && h("span", { class: "light-badge red" }, "该复核了")],
];
await register("/dispatch/v1/shelved", () => ({}), ["案件", "主办", "原因", "签字", "下次复核"], row, "没有挂账的案件。")();
