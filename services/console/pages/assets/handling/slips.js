// 督办单: the register.
import { by_id, h, when } from "../ground/dom.js";
import { names_of } from "./units.js";
import { register } from "./lists.js";
import { LEVELS, LIGHTS, SLIP_STATES } from "./words.js";

const unit = await names_of();
const asked = () => ({
  ...(by_id("state").value ? { state: by_id("state").value } : {}),
  ...(by_id("overdue").checked ? { overdue: "true" } : {}),
});
const steps = (one) => [one.summoned_at && `约谈 ${when(one.summoned_at)}`, one.circulated_at && `通报 ${when(one.circulated_at)}`, one.reply && `回复：${one.reply}`].filter(Boolean);
const row = (one) => [
  h("a", { href: `/handling/cases/${encodeURIComponent(one.case_id)}` }, `${LEVELS[one.level]}第 ${one.place} 号 ${one.title}`),
  unit(one.unit),
  one.issuer,
  [one.due ? `${when(one.due)} ` : "没有写 ", h("span", { class: `light-badge ${one.state === "issued" ? one.light : ""}` }, one.state === "issued" ? LIGHTS[one.light] : SLIP_STATES[one.state])],
  [one.said, ...steps(one).map((told) => h("div", { class: "quiet" }, told))],
];
const show = register("/dispatch/v1/slips", asked, ["督办单", "被督办", "签发", "期限", "内容"], row, "没有督办单。");
by_id("search").addEventListener("change", show);
await show();
