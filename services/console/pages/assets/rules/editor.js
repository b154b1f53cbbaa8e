// One row, or one example, in a dialog; `done` gets it as it is to be written.
import { by_id, fill, h } from "../ground/dom.js";
import { Picker } from "./picker.js";
import { CONDITIONS, RESULTS, target_name, targets } from "./words.js";

const dialog = by_id("editor");
const FREE = { grid: "图层:编码，如 duty:DU3", words: "来文里的词", unless: "来文里没有的词" };
const UNSAID = { class: "按城市方案", level: "按主办单位", clocks: "按时限类别", whistle: "不吹" };
const FLAGS = ["inside_wall", "emergency"];

const field = (title, input, look = "field") => h("label", { class: look }, title, input);
const text = (value, more = {}) => h("input", { value: value ?? "", maxlength: 500, autocomplete: "off", ...more });
const wide = (picker) => (picker.place.classList.add("wide"), picker.place);
const choice = (options, value) => h("select", { value: value ?? "" }, Object.entries(options).map(([code, name]) => h("option", { value: code, selected: code === (value ?? "") }, name)));

function show(title, inside, told, take) {
  const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
  const form = h("form", { method: "dialog" }, h("h2", { id: "editor-title" }, title), h("div", { class: "fields" }, inside), wrong,
    h("div", { class: "buttons" }, h("button", { type: "submit", class: "main" }, told), h("button", { type: "button", onclick: () => dialog.close() }, "不改了")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fault = take();
    wrong.hidden = !fault;
    wrong.textContent = fault ?? "";
    if (!fault) dialog.close();
  });
  fill(dialog, form);
  dialog.showModal();
}

export function edit_row(words, row, taken, done) {
  const id = text(row.id, { maxlength: 64, required: true });
  const priority = h("input", { type: "number", min: 0, max: 100000, required: true, value: row.priority ?? 100 });
  const title = text(row.title);
  const ground = text(row.ground);
  const hours = text(row.when?.hours, { placeholder: "22:00-06:00", pattern: "([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]):[0-5]\\d" });
  const flags = new Map(FLAGS.map((name) => [name, choice({ "": "不问", yes: "是", no: "否" }, { true: "yes", false: "no" }[row.when?.[name]])]));
  const pickers = new Map(CONDITIONS.filter(([name]) => name !== "hours" && !FLAGS.includes(name)).map(([name, said]) =>
    [name, new Picker(said, row.when?.[name] ?? [], FREE[name] ? null : words[name], FREE[name])]));
  const meant = targets(words);
  const lead = new Picker("主办（按次序取第一个找得到的）", row.lead ?? [], meant);
  const assists = new Picker("协办", row.assists ?? [], named(words, meant, row.assists ?? []));
  const results = new Map(RESULTS.map(([name]) => [name, choice({ "": UNSAID[name], ...words[name] }, row[name])]));
  const asked = CONDITIONS.map(([name, said]) => {
    if (pickers.has(name)) return pickers.get(name).place;
    return field(said, name === "hours" ? hours : flags.get(name));
  });
  show(row.id ? `改规则 ${row.id}` : "加一行规则", [
    field("编号", id), field("优先级（小的先判断）", priority), field("说明", title, "field wide"),
    h("h3", { class: "wide" }, "条件：写了的都要满足，一项里的几个满足一个即可"), asked,
    h("h3", { class: "wide" }, "结果"), wide(lead), wide(assists),
    RESULTS.map(([name, said]) => field(said, results.get(name))), field("依据", ground, "field wide")], "放进草稿", () => {
    for (const picker of [...pickers.values(), lead, assists]) picker.take();
    if (!/^[A-Za-z0-9_.-]{1,64}$/.test(id.value)) return "编号只能用字母、数字、点、横线，最多 64 个";
    if (taken.includes(id.value)) return `编号 ${id.value} 已经有了，请换一个`;
    if (!lead.values.length) return "请写谁主办";
    const when = Object.fromEntries([...pickers].filter(([, picker]) => picker.values.length).map(([name, picker]) => [name, picker.values]));
    for (const [name, flag] of flags) if (flag.value) when[name] = flag.value === "yes";
    if (hours.value) when.hours = hours.value;
    const made = { id: id.value, priority: Number(priority.value), title: title.value, lead: lead.values, assists: assists.values, ground: ground.value };
    if (Object.keys(when).length) made.when = when;
    for (const [name, select] of results) if (select.value) made[name] = select.value;
    done(Object.fromEntries(Object.entries(made).filter(([, told]) => told !== "" && !(Array.isArray(told) && !told.length))));
    return null;
  });
}

function named(words, meant, values) {
  return { ...meant, ...Object.fromEntries(values.filter((one) => one.includes("|")).map((one) => [one, target_name(words, one)])) };
}

export function edit_example(words, example, done) {
  const matter = example.matter ?? {};
  const name = text(example.name);
  const content = h("textarea", { rows: 3, maxlength: 4000 }, matter.content ?? "");
  const address = text(matter.address);
  const concern = new Picker("事项（一个）", [matter.sub_concern ?? matter.concern].filter(Boolean), words.sub);
  const lead = new Picker("应由谁主办（一个单位）", [example.lead].filter(Boolean), words.unit);
  show("示例", [field("名称", name), concern.place, field("来文", content, "field wide"), field("地址", address, "field wide"), lead.place], "放进草稿", () => {
    for (const picker of [concern, lead]) picker.take();
    if (lead.values.length !== 1) return "请写一个主办单位";
    if (!concern.values.length && !content.value.trim()) return "事项和来文至少写一个";
    const { concern: _, sub_concern: __, ...rest } = matter;
    const told = { ...rest, content: content.value, address: address.value, sub_concern: concern.values[0] ?? "" };
    const made = { ...example, name: name.value, lead: lead.values[0], matter: Object.fromEntries(Object.entries(told).filter(([, one]) => one !== "")) };
    if (!made.name) delete made.name;
    done(made);
    return null;
  });
}
