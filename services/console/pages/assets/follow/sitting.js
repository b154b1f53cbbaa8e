// The meeting itself: when it was held and who sat in it, said once for all the cases that it decides.
import { Refused } from "../ground/api.js";
import { button, fill, h } from "../ground/dom.js";
import { all_units } from "../ground/names.js";
import { field, moment } from "./follow.js";

const KEPT = "duoge.sitting";
const HERE = document.querySelector("main").dataset.unit;
// `2026-11-26T09:30` in Shanghai, as the field wants it, by the time of business that the page was made with.
const now = () => new Date(document.querySelector(".bar .clock").dateTime).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }).slice(0, 16).replace(" ", "T");

export async function sitting(place, meets) {
  const paper = button("打印材料", () => print(), { class: "main" });
  if (!meets) {
    fill(place, paper);
    return { leads() {}, told: () => null };
  }
  const known = await all_units();
  const named = new Map(known.map((unit) => [`${unit.name}（${unit.code}）`, unit.code]));
  const names = new Map(known.map((unit) => [unit.code, unit.name]));
  const units = new Set((JSON.parse(sessionStorage.getItem(KEPT)) ?? [HERE]).filter((code) => names.has(code)));
  const leads = new Set();
  const held = h("input", { type: "datetime-local", required: true, value: now() });
  const who = h("input", { list: "sitting-units", autocomplete: "off", placeholder: "打名称找，选中就加上" });
  const chips = h("ul", { class: "chips", "aria-label": "到会的单位" });

  function draw() {
    sessionStorage.setItem(KEPT, JSON.stringify([...units]));
    fill(chips, [...units].map((code) => h("li", {}, names.get(code), h("button", { type: "button", "aria-label": `去掉 ${names.get(code)}`, onclick: () => { units.delete(code); draw(); who.focus(); } }, "×"))));
  }
  function add() {
    const code = named.get(who.value) ?? known.find((unit) => unit.name === who.value.trim() || unit.code === who.value.trim())?.code;
    if (!code) return;
    units.add(code);
    who.value = "";
    draw();
  }
  who.addEventListener("input", () => named.has(who.value) && add());
  who.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), add()));
  who.addEventListener("change", add);
  const every = button("各件的主办都到了", () => { leads.forEach((code) => names.has(code) && units.add(code)); draw(); }, { class: "" });
  fill(place, h("div", { class: "fields" }, field("什么时候开的", held), field("到会的单位", who), h("div", { class: "buttons" }, every, paper)), chips,
    h("datalist", { id: "sitting-units" }, [...named.keys()].map((name) => h("option", { value: name }))));
  draw();
  return {
    leads: (items) => items.forEach((one) => one.lead && leads.add(one.lead)),
    told() {
      if (!moment(held)) throw new Refused({ detail: "请在上面填写什么时候开的会" });
      if (!units.size) throw new Refused({ detail: "请在上面填写到会的单位" });
      return { held_at: moment(held), units: [...units] };
    },
  };
}
