// The meeting itself: when it was held and who sat in it, said once for all the cases that it decides.
import { Refused } from "../ground/api.js";
import { for_field, now } from "../ground/clock.js";
import { button, fill, h } from "../ground/dom.js";
import { unit_chips, unit_finder } from "../ground/unit_field.js";
import { field, moment } from "./follow.js";

const KEPT = "duoge.sitting";
const HERE = document.querySelector("main").dataset.unit;

export async function sitting(place, meets) {
  const paper = button("打印材料", () => print(), { class: "main" });
  if (!meets) {
    fill(place, paper);
    return { leads() {}, told: () => null };
  }
  const finder = await unit_finder();
  const known = (codes) => codes.filter((code) => finder.code(code) === code);
  const units = unit_chips(finder, "到会的单位", () => sessionStorage.setItem(KEPT, JSON.stringify(units.codes())));
  units.set(known(JSON.parse(sessionStorage.getItem(KEPT)) ?? [HERE]));
  const leads = new Set();
  const held = h("input", { type: "datetime-local", required: true, value: for_field(now()) });
  const every = button("各件的主办都到了", () => units.add(known([...leads])), { class: "" });
  fill(place, h("div", { class: "fields" }, field("什么时候开的", held), field("到会的单位", units.input), h("div", { class: "buttons" }, every, paper)), units.chips);
  return {
    leads: (items) => items.forEach((one) => one.lead && leads.add(one.lead)),
    told() {
      if (!moment(held)) throw new Refused({ detail: "请在上面填写什么时候开的会" });
      if (!units.codes().length) throw new Refused({ detail: "请在上面填写到会的单位" });
      return { held_at: moment(held), units: units.codes() };
    },
  };
}
