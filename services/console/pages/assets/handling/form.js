// The fields of one action. `done` hears what was filled in; what goes wrong is told under the button.
import { busy, fill, h } from "../ground/dom.js";
import { unit_input } from "../ground/unit_field.js";
import { ACTIONS, EVIDENCE } from "./words.js";

// Why a case stands still is asked here; the outward contract leaves it open.
const REASONED = ["defer", "shelve"];

const MADE = {
  unit: (field, choices) => unit_input(choices.units, { required: field.needed }),
  words: (field) => h("input", { maxlength: 2000, required: field.needed }),
  evidence: (field, choices) => evidence(choices.evidence),
  when: (field) => h("input", { type: "datetime-local", required: field.needed }),
  tick: (field) => h("input", { type: "checkbox", checked: field.otherwise }),
  choice: (field, choices) => h("select", { required: field.needed }, h("option", { value: "" }, field.needed ? "请选择" : "（不填）"), Object.entries(choices[field.from] ?? {}).map(([code, name]) => h("option", { value: code }, name))),
};

// What was filled in; nothing for what was left as it is.
const READ = {
  unit: (made) => made.code() || undefined,
  words: (made) => made.value.trim() || undefined,
  evidence: (made) => made.told(),
  when: (made) => (made.value ? `${made.value}:00+08:00` : undefined),
  tick: (made, field) => (made.checked === field.otherwise && !field.otherwise ? undefined : made.checked),
  choice: (made) => made.value || undefined,
};

// What there is to show for it: each kind that is known, ticked, with its address where it has one; `wanted` must be there.
function evidence(wanted) {
  const kinds = Object.entries(EVIDENCE).map(([code, name]) => {
    const where = h("input", { maxlength: 500, placeholder: "编号或网址，可以不填", "aria-label": `${name}的编号或网址` });
    const tick = h("input", { type: "checkbox" });
    where.addEventListener("input", () => where.value && (tick.checked = true));
    return { code, tick, where, shown: h("div", { class: "doing" }, h("label", { class: "tick" }, tick, ` ${name}${wanted.includes(code) ? "（要有）" : ""}`), where) };
  });
  const others = h("textarea", { rows: 2, placeholder: "别的材料，一行一件", "aria-label": "别的材料，一行一件" });
  const made = h("fieldset", { class: "bare" }, h("legend", {}, "材料"), kinds.map((one) => one.shown), others);
  made.told = () => [
    ...kinds.filter((one) => one.tick.checked).map((one) => one.code + (one.where.value.trim() ? `:${one.where.value.trim()}` : "")),
    ...others.value.split("\n").map((line) => line.trim()).filter(Boolean),
  ];
  return made;
}

export function form_for(action, choices, done) {
  const [name, fields] = ACTIONS[action];
  const made = Object.entries(fields).map(([code, field]) => [code, field, MADE[field.kind](field, choices)]);
  const note = h("textarea", { rows: 2, maxlength: 2000, required: REASONED.includes(action) });
  const send = h("button", { type: "submit", class: "main" }, name);
  const place = h("div");
  const labelled = (label, input) => h("label", { class: input.type === "checkbox" ? "tick" : "field" }, input.type === "checkbox" ? [input, ` ${label}`] : [`${label} `, input]);
  return h("form", {
    class: "fields",
    onsubmit: (event) => {
      event.preventDefault();
      const told = Object.fromEntries(made.map(([code, field, input]) => [code, READ[field.kind](input, field)]));
      busy([send], place, async () => {
        try {
          await done({ ...told, note: note.value });
        } catch (error) {
          if (!error.errors?.length) throw error;
          fill(place, h("p", { class: "wrong", role: "alert" }, error.errors.map((one) => one.detail).join("；")));
        }
      });
    },
  }, made.map(([, field, input]) => (field.label ? labelled(field.label, input) : input)), labelled("说明", note), h("div", { class: "buttons" }, send), place);
}
