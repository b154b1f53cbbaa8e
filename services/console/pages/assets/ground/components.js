// An inventory of components: previewed with what is new, what goes and whose owner nobody knows, then put in force.
import { version_of, watch } from "./api.js";
import { busy, by_id, facts, fill, h, number, quiet, shortened } from "./dom.js";
import { FileField } from "./file.js";
import { COMPONENTS, Progress } from "./progress.js";
import { refusal } from "./topology.js";

const mine = (id) => by_id("parts-" + id);
const [form, report, place, apply] = ["wish", "report", "progress", "apply"].map(mine);
const preview = form.querySelector("[type=submit]");
const field = new FileField(mine("drop"), mine("file"), mine("file-name"), changed);
const HERE = "/grids/v1/components";
let seen = null; // the version of the inventory that the preview stood on

function changed() {
  apply.disabled = true;
  seen = null;
}

async function send(more, headers = {}) {
  const asked = new URLSearchParams({ crs: mine("crs").value, part: mine("part").checked, mend: mine("mend").checked, file: field.file.name.slice(0, 200), ...more });
  const progress = new Progress(place, "preview" in more, COMPONENTS);
  fill(report);
  try {
    const answer = await watch(`${HERE}?${asked}`, { method: "PUT", body: field.file, headers }, (step) => progress.told(step));
    progress.end("preview" in more ? "预览好了，看过没问题再点“生效”" : `已经生效，现在是第 ${answer.version} 版`);
    return answer;
  } catch (error) {
    progress.stop();
    if (!error.errors?.length) throw error;
    fill(report, refusal(error));
    report.focus();
    return null;
  }
}

const named = (count, codes) => number(count) + (codes.length ? `：${codes.slice(0, 5).join("、")}${count > 5 ? " 等" : ""}` : "");

function draw(told) {
  const { names, outside, unknown_owners: strangers } = told;
  return h("div", {},
    facts([
      ["读出", Object.entries(told.kinds).map(([kind, count]) => `${kind} ${number(count)}`).join("，")],
      ["新增", named(told.added, names.added)],
      ["改变", named(told.changed, names.changed)],
      ["去掉", named(told.removed, names.removed)],
      ["不变", number(told.unchanged)],
      ["没有权属", number(told.without_owner)],
      ["辖区外", outside ? named(outside.count, outside.items) : "没有区域范围，没有查"],
      ["没用上的列", told.columns_unread.join("、")],
      ["一共", `${number(told.components)} 个部件`],
    ]),
    strangers.length ? [h("h3", { class: "wrong" }, `单位表里没有的权属单位（${strangers.length}）`), shortened(strangers, (one) => h("li", {}, `${one.owner}：${number(one.rows)} 个部件记成没有权属`))] : null);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!field.file) return fill(report, h("p", { class: "wrong", role: "alert" }, "请先选一个文件"));
  let fine = false;
  busy([preview, apply], report, async () => {
    const version = await version_of(HERE + "?limit=1");
    const answer = await send({ preview: true });
    if (!answer) return;
    fill(report, draw(answer));
    seen = version;
    fine = true;
  }).then(() => (apply.disabled = !fine));
});

apply.addEventListener("click", () => {
  let done = false;
  busy([preview, apply], report, async () => {
    const answer = await send({ wait: true }, { "if-match": seen });
    if (!answer) return;
    fill(report, draw(answer), quiet("地图上点一处，就能看附近的部件。"));
    field.take(null);
    done = true;
  }).then(() => (apply.disabled = done || seen === null));
});
for (const one of ["crs", "part", "mend"]) mine(one).addEventListener("change", changed);
