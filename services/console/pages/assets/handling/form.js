// The fields of one action. `done` hears what was filled in; what goes wrong is told under the button.
import { busy, fill, h } from "../ground/dom.js";
import { ACTIONS } from "./words.js";

// Why a case stands still is asked here; the outward contract leaves it open.
const REASONED = ["defer", "shelve"];

const MADE = {
  unit: () => h("input", { list: "units", maxlength: 64, autocomplete: "off", placeholder: "单位编码，可以打名称找" }),
  words: () => h("input", { maxlength: 2000 }),
  lines: () => h("textarea", { rows: 3, placeholder: "photo_after\nhttps://…" }),
  when: () => h("input", { type: "datetime-local" }),
  tick: (field) => h("input", { type: "checkbox", checked: field.otherwise }),
  choice: (field, choices) => h("select", {}, h("option", { value: "" }, "（不填）"), Object.entries(choices[field.from] ?? {}).map(([code, name]) => h("option", { value: code }, name))),
};

// What was filled in; nothing for what was left as it is.
const READ = {
  unit: (made) => made.value.trim() || undefined,
  words: (made) => made.value.trim() || undefined,
  lines: (made) => made.value.split("\n").map((line) => line.trim()).filter(Boolean),
  when: (made) => (made.value ? `${made.value}:00+08:00` : undefined),
  tick: (made, field) => (made.checked === field.otherwise && !field.otherwise ? undefined : made.checked),
  choice: (made) => made.value || undefined,
};

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
  }, made.map(([, field, input]) => labelled(field.label, input)), labelled("说明", note), h("div", { class: "buttons" }, send), place);
}
