// The table: looked through, changed as a draft, checked, tried on the last cases, published.
import { call, download } from "../ground/api.js";
import { busy, button, by_id, failed, fill, h, quiet, table } from "../ground/dom.js";
import { drop, held, keep } from "./draft.js";
import { edit_example, edit_row } from "./editor.js";
import { draw_faults, draw_tried } from "./judged.js";
import { conditions, may_edit, RESULTS, ROWS, target_name, the_words } from "./words.js";

let words, live, draft;
let faulty = new Set();
const open = new Set();

const sorted = (rows) => rows.map((row, place) => [row, place]).sort(([a, x], [b, y]) => a.priority - b.priority || x - y).map(([row]) => row);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const changed = () => !same(draft.rows, live.rows) || !same(draft.examples, live.examples);

async function start() {
  [words, live] = await Promise.all([the_words(), call(ROWS)]);
  draft = (may_edit() && held()) || fresh();
  by_id("concern").append(...Object.entries(words.concern).map(([code, name]) => h("option", { value: code }, name)));
  for (const one of document.querySelectorAll("[data-edit]")) one.hidden = !may_edit();
  draw();
}

const fresh = () => ({ base: live.version, rows: structuredClone(live.rows), examples: structuredClone(live.examples) });

function change(work) {
  work();
  if (changed()) keep(draft);
  else drop();
  faulty = new Set();
  fill(by_id("faults"));
  fill(by_id("tried"));
  draw();
}

function draw() {
  const stale = draft.base !== live.version ? `；草稿是从第 ${draft.base} 版改的，在用的已是第 ${live.version} 版，请先看差在哪里` : "";
  by_id("state").textContent = `在用的是第 ${live.version} 版，${live.rows.length} 行。` + (changed() ? `草稿有未发布的修改${stale}。` : "");
  by_id("undo").hidden = !changed();
  draw_groups();
  draw_examples();
}

function concerns_of(row) {
  const when = row.when ?? {};
  const named = [...(when.concern ?? []), ...(when.sub ?? []).map((code) => code.split(".")[0])];
  return named.length ? [...new Set(named)] : ["*"];
}

function fits(row) {
  const wanted = by_id("find").value.trim().toLowerCase();
  if (!wanted) return true;
  const said = [JSON.stringify(row), ...row.lead.map((one) => target_name(words, one)), ...Object.values(row.when ?? {}).flat().map((code) => words.sub[code] ?? words.concern[code] ?? "")];
  return said.join(" ").toLowerCase().includes(wanted);
}

function draw_groups() {
  const only = by_id("concern").value;
  const groups = new Map();
  for (const row of sorted(draft.rows).filter(fits))
    for (const code of concerns_of(row)) if (!only || code === only) groups.set(code, [...(groups.get(code) ?? []), row]);
  const searching = Boolean(only || by_id("find").value.trim());
  const order = [...Object.keys(words.concern), "*"].filter((code) => groups.has(code));
  const others = [...groups.keys()].filter((code) => !order.includes(code));
  fill(by_id("groups"), [...order, ...others].map((code) => group(code, groups.get(code), searching)),
    groups.size ? null : h("section", { class: "card" }, quiet("没有这样的规则。")));
}

function group(code, rows, searching) {
  const name = code === "*" ? "不分事项" : `${code} ${words.concern[code] ?? ""}`;
  const shown = h("details", { class: "group card", open: searching || open.has(code) || rows.some((row) => faulty.has(row.id)) },
    h("summary", {}, name, h("span", { class: "count" }, `${rows.length} 行`)));
  shown.addEventListener("toggle", () => (shown.open ? open.add(code) : open.delete(code)));
  const names = ["编号", "优先级", "条件", "主办", "协办", "其他", "依据", ...(may_edit() ? ["操作"] : [])];
  const drawn = table(names, rows.map((row) => line(row, rows)), name);
  drawn.querySelectorAll("tbody tr").forEach((tr, place) => {
    tr.id = searching || concerns_of(rows[place])[0] === code ? "row-" + rows[place].id : "";
    tr.classList.toggle("changed", !same(rows[place], live.rows.find((one) => one.id === rows[place].id)));
    tr.classList.toggle("bad", faulty.has(rows[place].id));
    if (!tr.id) tr.removeAttribute("id");
  });
  shown.append(drawn);
  return shown;
}

function line(row, group) {
  const results = RESULTS.filter(([name]) => row[name]).map(([name, title]) => h("div", {}, `${title}：${words[name][row[name]] ?? row[name]}`));
  const told = [[row.id, row.title && h("div", { class: "quiet" }, row.title)], String(row.priority), conditions(words, row.when),
    row.lead.map((one) => h("div", {}, target_name(words, one))), (row.assists ?? []).map((one) => h("div", {}, target_name(words, one))), results.length ? results : "—", row.ground || "—"];
  return may_edit() ? [...told, h("div", { class: "row-buttons" }, buttons(row, group))] : told;
}

function buttons(row, group) {
  const place = group.indexOf(row);
  return [
    button("改", () => edit(row), { "aria-label": `改 ${row.id}` }),
    button("↑", () => move(row, group[place - 1], -1), { "aria-label": `${row.id} 先判断`, disabled: place === 0 }),
    button("↓", () => move(row, group[place + 1], 1), { "aria-label": `${row.id} 后判断`, disabled: place === group.length - 1 }),
    button("删", () => change(() => draft.rows.splice(draft.rows.indexOf(row), 1)), { "aria-label": `删 ${row.id}` }),
  ];
}

// Before or behind its neighbour, which keeps its own priority.
function move(row, other, by) {
  change(() => {
    const place = draft.rows.indexOf(row);
    draft.rows.splice(place, 1);
    row.priority = other.priority;
    draft.rows.splice(draft.rows.indexOf(other) + (by > 0 ? 1 : 0), 0, row);
  });
  document.querySelector(`[aria-label="${CSS.escape(row.id)} ${by > 0 ? "后" : "先"}判断"]`)?.focus();
}

function edit(row) {
  const taken = draft.rows.filter((one) => one !== row).map((one) => one.id);
  edit_row(words, row, taken, (made) =>
    change(() => {
      const place = draft.rows.indexOf(row);
      if (place < 0) draft.rows.push(made);
      else draft.rows[place] = made;
      for (const code of concerns_of(made)) open.add(code);
    }));
}

function draw_examples() {
  const rows = draft.examples.map((one) => {
    const matter = one.matter;
    const told = [one.name || matter.title || "示例", matter.content || words.sub[matter.sub_concern ?? matter.concern] || "", matter.address || (matter.location || matter.lon ? "按坐标" : "—"), words.unit[one.lead] ?? one.lead];
    if (!may_edit()) return told;
    return [...told, h("div", { class: "row-buttons" },
      button("改", () => edit_example(words, one, (made) => change(() => (draft.examples[draft.examples.indexOf(one)] = made))), { "aria-label": `改示例 ${told[0]}` }),
      button("删", () => change(() => draft.examples.splice(draft.examples.indexOf(one), 1)), { "aria-label": `删示例 ${told[0]}` }))];
  });
  fill(by_id("examples"), rows.length ? table(["示例", "事情", "地点", "应由谁主办", ...(may_edit() ? ["操作"] : [])], rows, "示例") : quiet("还没有示例。"));
}

const body = () => JSON.stringify({ rows: draft.rows, examples: draft.examples });
const send = (path, told) => call(ROWS + path, { method: "POST", body: told, headers: { "content-type": "application/json" } });

async function publish() {
  const place = by_id("published");
  if (!by_id("note").value.trim()) {
    fill(place, h("p", { class: "wrong", role: "alert" }, "请写为什么改"));
    by_id("note").focus();
    return;
  }
  const told = JSON.stringify({ rows: draft.rows, examples: draft.examples, note: by_id("note").value });
  const headers = { "content-type": "application/json", "if-match": `"${draft.base}"` };
  const button = by_id("publish");
  button.disabled = true;
  try {
    live = await call(ROWS, { method: "PUT", body: told, headers });
    drop();
    draft = fresh();
    by_id("note").value = "";
    fill(place, h("p", { class: "right-done", role: "status" }, `第 ${live.version} 版已生效。`));
    faulty = new Set();
    draw();
  } catch (error) {
    if (error.status === 422) faulty = draw_faults(by_id("published"), { faults: error.errors, warnings: [] }, draft.rows);
    else if (error.status === 412) fill(place, h("p", { class: "wrong", role: "alert" }, "别人先发布了一版，你的草稿还在。请到“历次版本”看差在哪里，刷新后放弃草稿或重新改。"));
    else failed(error, place);
    draw_groups();
  } finally {
    button.disabled = false;
  }
}

by_id("find").addEventListener("input", draw_groups);
by_id("concern").addEventListener("change", draw_groups);
by_id("add").addEventListener("click", () => edit({}));
by_id("add-example").addEventListener("click", () => edit_example(words, {}, (made) => change(() => draft.examples.push(made))));
by_id("undo").addEventListener("click", () => change(() => (draft = fresh())));
by_id("publish").addEventListener("click", publish);
by_id("check").addEventListener("click", () => busy([by_id("check")], by_id("faults"), async () => {
  fill(by_id("faults"), quiet("正在检查……"));
  faulty = draw_faults(by_id("faults"), await send("/check", body()), draft.rows);
  draw_groups();
}));
by_id("try").addEventListener("click", () => busy([by_id("try")], by_id("tried"), async () => {
  fill(by_id("tried"), quiet("正在试派……"));
  const tried = await send("/simulate", JSON.stringify({ rows: draft.rows, last: Number(by_id("last").value) || 500 }));
  draw_tried(by_id("tried"), tried, words);
}));
by_id("file").addEventListener("change", (event) => busy([], by_id("told"), async () => {
  const file = event.target.files[0];
  event.target.value = "";
  if (!file) return;
  try {
    const read = await call(`${ROWS}/read?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
    change(() => Object.assign(draft, read));
    fill(by_id("told"), h("p", { class: "right-done" }, `读到 ${read.rows.length} 行规则、${read.examples.length} 个示例，已放进草稿；还没有生效。`));
  } catch (error) {
    if (!error.errors?.length) throw error;
    fill(by_id("told"), h("p", { class: "wrong", role: "alert" }, error.message), h("ul", { class: "faults" }, error.errors.map((one) => h("li", {}, one.detail))));
  }
}));
for (const one of document.querySelectorAll("[data-save]"))
  one.addEventListener("click", () => busy([one], by_id("told"), () => download(`${ROWS}/file?format=${one.dataset.save}`)));
start().catch((error) => failed(error, by_id("groups")));
