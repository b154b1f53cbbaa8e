// The feed of changes, the newest first. Versions count up by one, so a page is a span of them.
import { call } from "./api.js";
import { busy, by_id, h, number, quiet, shortened, table, when } from "./dom.js";
import { fill_overlays, overlay_namer } from "./names.js";

const SPAN = 50;
const WHAT = {
  overlay: "边界", unit: "单位", units: "单位表", person: "人员", people: "人员表", roster: "值班表", rosters: "值班表",
  gazetteer: "地名地址库", components: "部件", component: "部件", calendar: "工作日历", profile: "城市方案", ownerless: "三不管地带",
};
const DID = { added: "新增", changed: "改变", removed: "去掉" };
const list = by_id("list");
const older = by_id("older");
const select = by_id("overlay");
let name_of = null;
let below = Infinity; // the oldest version that is shown

function row(one) {
  const what = one.overlay ? `${WHAT[one.what] ?? one.what}：${name_of(one.overlay)}` : (WHAT[one.what] ?? one.what);
  const counts = Object.entries(DID).filter(([key]) => one.counts[key]).map(([key, word]) => `${word} ${number(one.counts[key])}`);
  const named = Object.entries(DID).flatMap(([key, word]) => (one.codes[key] ?? []).map((code) => `${word} ${code}`));
  const details = named.length ? h("details", {}, h("summary", {}, counts.join("，")), shortened(named, (said) => h("li", {}, said))) : counts.join("，");
  return [`第 ${one.version} 版`, when(one.at), what, details || "—", one.by, one.file || "没有文件"];
}

async function more() {
  const answer = await busy([older], by_id("list"), async () => {
    name_of ??= await overlay_namer();
    if (below === Infinity) below = (await latest()) + 1;
    let found = [];
    while (!found.length && below > 1) {
      const after = Math.max(0, below - 1 - SPAN);
      const asked = new URLSearchParams({ after, limit: SPAN, ...(select.value && { overlay: select.value }) });
      found = (await call("/grids/v1/changes?" + asked)).items.filter((one) => one.version < below);
      below = after + 1;
    }
    return found.reverse();
  });
  if (!answer) return;
  const names = ["版本", "时间", "改了什么", "多少", "谁改的", "来自文件"];
  if (answer.length) list.append(table(names, answer.map(row), "变更记录"));
  else if (!list.children.length) list.append(quiet("还没有变更。导入单位或边界后，这里会有记录。"));
  older.hidden = below <= 1;
}

// The page tells the version that the console holds; the registry may be one ahead.
async function latest() {
  const held = Number(document.querySelector("main").dataset.version);
  const newer = (await call(`/grids/v1/changes?after=${held}&limit=1000`)).items;
  return newer.length ? newer.at(-1).version : held;
}

select.addEventListener("change", () => {
  list.replaceChildren();
  below = Infinity;
  more();
});
older.addEventListener("click", more);
fill_overlays(select, "").catch(() => {}); // all of them are still listed
await more();
