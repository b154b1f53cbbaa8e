// Units picked by their names: typed, found in a list that stands on the page once. Codes are taken too.
import { h } from "./dom.js";
import { all_units } from "./names.js";

let listed;
export const unit_finder = () => (listed ??= load());

async function load() {
  const known = await all_units();
  const names = new Map(known.map((unit) => [unit.code, unit.name]));
  const codes = new Map();
  for (const unit of known) codes.set(unit.name, codes.has(unit.name) ? null : unit.code); // two of one name: neither
  for (const unit of known) codes.set(labelled(unit), unit.code).set(unit.code, unit.code);
  document.querySelector("main").append(h("datalist", { id: "all-units" }, known.map((unit) => h("option", { value: labelled(unit) }))));
  return { known, name: (code) => names.get(code) ?? code, code: (said) => codes.get(said.trim()) ?? null };
}

const labelled = (unit) => `${unit.name}（${unit.code}）`;

// One unit. `made.code()` is null while nothing, or nothing that is known, is written in it.
export function unit_input(finder, given = {}) {
  const made = h("input", { list: "all-units", maxlength: 200, autocomplete: "off", placeholder: "打名称找单位", ...given });
  made.code = () => finder.code(made.value);
  made.addEventListener("input", () => made.setCustomValidity(!made.value.trim() || made.code() ? "" : "没有这个单位，请从列表里选"));
  return made;
}

// Several units: `input` adds to them, `chips` shows them and takes them away again. `changed` hears of either.
export function unit_chips(finder, label, changed = () => {}) {
  const picked = new Set();
  const input = unit_input(finder, { placeholder: "打名称找，选中就加上" });
  const chips = h("ul", { class: "chips", "aria-label": label });
  const draw = () => {
    chips.replaceChildren(...[...picked].map((code) => h("li", {}, finder.name(code),
      h("button", { type: "button", "aria-label": `去掉 ${finder.name(code)}`, onclick: () => { picked.delete(code); draw(); changed(); input.focus(); } }, "×"))));
  };
  const put = (codes) => {
    codes.forEach((code) => picked.add(code));
    draw();
    changed();
  };
  const add = () => {
    const code = input.code();
    if (!code) return;
    input.value = "";
    put([code]);
  };
  // The browser's own list stays open over the page and would swallow the next click.
  const add_and_stay = () => {
    add();
    input.blur();
    input.focus();
  };
  input.addEventListener("input", () => input.value.endsWith("）") && add_and_stay());
  input.addEventListener("change", add);
  input.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), add_and_stay()));
  return {
    input, chips, add: put, codes: () => [...picked],
    set(codes) { picked.clear(); codes.forEach((code) => picked.add(code)); draw(); },
  };
}
