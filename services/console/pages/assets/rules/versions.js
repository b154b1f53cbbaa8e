// Versions, the newest first; two beside each other; an older one taken back as a draft.
import { call } from "../ground/api.js";
import { busy, button, by_id, fill, h, quiet, table, when } from "../ground/dom.js";
import { keep } from "./draft.js";
import { field_name, may_edit, ROWS, value } from "./words.js";

const list = by_id("list");
const older = by_id("older");
let cursor = "";
let newest = null;

async function more() {
  const page = await busy([older], list, () => call(`${ROWS}/versions?limit=50${cursor && "&cursor=" + encodeURIComponent(cursor)}`));
  if (!page) return;
  newest ??= page.items[0].version;
  list.append(table(["版本", "时间", "谁", "为什么", "行数", "操作"], page.items.map(row), "历次版本"));
  cursor = page.next ?? "";
  older.hidden = !page.next;
}

function row(one) {
  const name = `第 ${one.version} 版`;
  const before = one.version > 1 && button("和上一版比", () => compare(one.version - 1, one.version), { "aria-label": `${name} 和上一版比` });
  const now = one.version !== newest && button("和在用的比", () => compare(one.version, newest), { "aria-label": `${name} 和在用的比` });
  const back = one.version !== newest && may_edit() && button("退回到这一版", () => take_back(one.version), { "aria-label": `退回到${name}` });
  return [one.version === newest ? `${name}（在用）` : name, when(one.published_at) || "—", one.published_by ?? "—", one.note || "—", String(one.rows), h("div", { class: "buttons" }, before, now, back)];
}

function compare(before, after) {
  const place = by_id("compared");
  return busy([], place, async () => {
    const told = await call(`${ROWS}/differences?before=${before}&after=${after}`);
    const rows = [
      ...told.added.map((one) => [one.id, "新增", one.title || value(one.lead), "—", "—"]),
      ...told.removed.map((one) => [one.id, "去掉", one.title || value(one.lead), "—", "—"]),
      ...told.changed.flatMap((one) => Object.entries(one.fields).map(([name, { before: was, after: is }]) => [one.id, "改变", field_name(name), value(was), value(is)])),
    ];
    const examples = told.examples[0] === told.examples[1] ? null : quiet(`示例从 ${told.examples[0]} 个变成 ${told.examples[1]} 个。`);
    fill(place, h("section", { class: "card" }, h("h2", {}, `第 ${before} 版 → 第 ${after} 版`), rows.length ? table(["规则", "怎样", "哪一项", "以前", "以后"], rows, "差异") : quiet("规则没有差别。"), examples));
    place.focus();
  });
}

function take_back(version) {
  return busy([], by_id("compared"), async () => {
    const old = await call(`${ROWS}?version=${version}`);
    keep({ base: newest, rows: old.rows, examples: old.examples });
    location.assign("/rules");
  });
}

older.addEventListener("click", more);
await more();
