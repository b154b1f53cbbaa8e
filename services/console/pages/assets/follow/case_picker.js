// A case picked by the words of its title, place or content; nobody has to know its number.
import { call } from "../ground/api.js";
import { busy, fill, h, quiet } from "../ground/dom.js";
import { field } from "./follow.js";

export function case_picker() {
  const words = h("input", { type: "search", maxlength: "100", autocomplete: "off", placeholder: "标题、地点、内容里的字" });
  const found = h("select", { required: true }, h("option", { value: "" }, "先找出案件"));
  const told = h("div", { role: "status" });
  let asked = 0;

  async function find() {
    const q = words.value.trim();
    const mine = ++asked;
    fill(told);
    if (!q) return;
    const page = await busy([], told, () => call(`/dispatch/v1/cases?${new URLSearchParams({ q, limit: "50" })}`));
    if (!page || mine !== asked) return;
    const alive = page.items.filter((one) => !["closed", "withdrawn"].includes(one.state));
    fill(found, alive.length === 1 ? null : h("option", { value: "" }, alive.length ? "请选择" : "没有找到"), alive.map((one) =>
      h("option", { value: one.case_id }, [one.title || one.case_id, one.place.address, one.opened_at.slice(0, 10)].filter(Boolean).join(" · "))));
    fill(told, quiet(alive.length ? `找到 ${alive.length} 件在办的${page.next ? "，还有更多，请写得再细些" : ""}。` : "没有在办的案件有这些字，请换几个字。"));
  }
  words.addEventListener("change", find);
  words.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), find()));
  return { fields: [h("div", {}, field("找案件", words), told), field("哪个案件", found)], chosen: () => found.value };
}
