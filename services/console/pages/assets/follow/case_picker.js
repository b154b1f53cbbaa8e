// A case picked by the words of its title, place or content; nobody has to know its number. `picked` hears of each choice; `over`: those
// that are over too.
import { call } from "../ground/api.js";
import { busy, fill, h, quiet, when } from "../ground/dom.js";
import { field } from "./follow.js";

const MOST = 50; // to choose from
const PAGES = 10; // looked through for them

export function case_picker(picked = () => {}, over = false) {
  const words = h("input", { type: "search", maxlength: "100", autocomplete: "off", placeholder: "标题、地点、内容里的字" });
  const found = h("select", { required: true, onchange: picked }, h("option", { value: "" }, "先找出案件"));
  const told = h("div", { role: "status" });
  const kind = over ? "" : "在办的";
  const option = (one) => h("option", { value: one.case_id }, [one.title || one.case_id, one.place.address, when(one.opened_at)].filter(Boolean).join(" · "));
  let asked = 0;

  async function find() {
    const q = words.value.trim();
    const mine = ++asked;
    fill(told);
    if (!q) return;
    const alive = [];
    let next = "";
    for (let page = 0; page < PAGES && next !== null && alive.length < MOST; page += 1) {
      const told_of = await busy([], told, () => call(`/dispatch/v1/cases?${new URLSearchParams({ q, limit: "100", ...(next && { cursor: next }) })}`));
      if (!told_of || mine !== asked) return;
      alive.push(...told_of.items.filter((one) => over || !["closed", "withdrawn"].includes(one.state)));
      next = told_of.next;
    }
    const shown = alive.slice(0, MOST);
    const more = next !== null || alive.length > MOST;
    fill(found, shown.length === 1 ? null : h("option", { value: "" }, shown.length ? "请选择" : "没有找到"), shown.map((one) =>
      option(one)));
    fill(told, quiet(shown.length ? `找到 ${shown.length} 件${kind}${more ? "，还有更多，请写得再细些" : ""}。` : `没有${more ? "很快找到" : ""}${kind}案件有这些字，请${more ? "写得再细些" : "换几个字"}。`));
    picked();
  }
  words.addEventListener("change", find);
  words.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), find()));
  return { fields: [h("div", {}, field("找案件", words), told), field("哪个案件", found)], chosen: () => found.value, set: (one) => fill(found, option(one)) };
}
