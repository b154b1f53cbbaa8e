// A table of names and addresses: previewed with what is new, what goes and what could not be read, then put in force.
import { call, version_of } from "./api.js";
import { busy, by_id, facts, fill, h, number, quiet, shortened } from "./dom.js";
import { FileField } from "./file.js";
import { kind_name } from "./names.js";
import { refusal, where } from "./topology.js";

const form = by_id("wish");
const report = by_id("report");
const apply = by_id("apply");
const preview = form.querySelector("[type=submit]");
const field = new FileField(by_id("drop"), by_id("file"), by_id("file-name"), changed);
let version = null; // of the gazetteer that the preview stood on

function changed() {
  apply.disabled = true;
}

async function send(more, headers = {}) {
  const asked = new URLSearchParams({ crs: by_id("crs").value, part: by_id("part").checked, skip_bad: by_id("skip").checked, file: field.file.name.slice(0, 200), ...more });
  try {
    return await call("/grids/v1/gazetteer?" + asked, { method: "PUT", body: field.file, headers });
  } catch (error) {
    if (!error.errors?.length) throw error;
    fill(report, refusal(error));
    return null;
  }
}

function draw(told) {
  const named = (items) => (items.length ? `：${items.slice(0, 5).map((one) => one.name ?? one).join("、")}${items.length > 5 ? " 等" : ""}` : "");
  const unread = told.not_understood;
  return h("div", {},
    facts([
      ["读出", `${number(told.places)} 条：${Object.entries(told.kinds).map(([kind, count]) => `${kind_name(kind)} ${count}`).join("，")}`],
      ["新增", number(told.new) + named(told.names.new)],
      ["改变", number(told.changed) + named(told.names.changed)],
      ["消失", number(told.gone) + named(told.names.gone)],
      ["不变", number(told.same)],
      ["重复", number(told.doubles.count)],
      ["辖区外", told.outside ? number(told.outside.count) : "没有区域范围，没有查"],
      ["没用上的列", told.columns_unread.join("、")],
    ]),
    unread.count ? [h("h3", { class: "wrong" }, `读不懂的地方（${unread.count}）`), shortened(unread.items, (one) => h("li", {}, where(one) + one.detail))] : null);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!field.file) return fill(report, h("p", { class: "wrong", role: "alert" }, "请先选一个文件"));
  fill(report, quiet("正在读……"));
  let fine = false;
  busy([preview, apply], report, async () => {
    version = await version_of("/grids/v1/gazetteer?limit=1");
    const answer = await send({ preview: true });
    if (!answer) return;
    fill(report, draw(answer.report));
    fine = !answer.report.not_understood.count || by_id("skip").checked;
    if (!fine) report.append(quiet("改好这些地方，或勾上“略过”，再预览一次，才能生效。"));
  }).then(() => (apply.disabled = !fine));
});
apply.addEventListener("click", () => {
  let done = false;
  busy([preview, apply], report, async () => {
    const answer = await send({ wait: true }, { "if-match": version });
    if (!answer) return;
    fill(report, h("p", { class: "right-done", role: "status" }, `已经生效：${number(answer.places)} 条，第 ${answer.version} 版`));
    field.take(null);
    done = true;
  }).then(() => (apply.disabled = done || apply.disabled));
});
for (const one of ["crs", "part", "skip"]) by_id(one).addEventListener("change", changed);
