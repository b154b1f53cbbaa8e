// What a check found, and what a dry run would change.
import { button, fill, h, number, quiet, shortened, table, when } from "../ground/dom.js";

// Returns the ids of the rows at fault.
export function draw_faults(place, { faults, warnings }, rows) {
  const row_of = (one) => rows[Number(one.pointer.match(/^\/rows\/(\d+)/)?.[1])];
  const draw = (one) => {
    const row = row_of(one);
    return h("li", {}, one.detail, row && [" ", button("看这一行", () => show(row.id), { "aria-label": `看规则 ${row.id}` })]);
  };
  const good = faults.length ? null : h("p", { class: "right-done", role: "status" }, "没有要改的，示例都通过。");
  fill(place, good, faults.length > 0 && [h("h3", {}, `要改的（${faults.length}）`), shortened(faults, draw)],
    warnings.length > 0 && [h("h3", {}, `请知道（${warnings.length}）`), shortened(warnings, draw)]);
  return new Set(faults.map(row_of).filter(Boolean).map((row) => row.id));
}

function show(id) {
  const row = document.getElementById("row-" + id);
  if (!row) return;
  row.closest("details").open = true;
  row.scrollIntoView({ block: "center" });
  row.querySelector("button")?.focus({ preventScroll: true });
}

export function draw_tried(place, { items, summary }, words) {
  const held = `街道托底 ${number(summary.fallback)} 件，现在的规则是 ${number(summary.fallback_before)} 件`;
  const head = h("p", { role: "status" }, summary.orders
    ? `最近 ${number(summary.orders)} 件（${when(summary.since)} 以来）：换主办 ${number(summary.moved)} 件，变化共 ${number(summary.changed)} 件；${held}。`
    : "还没有案件可以试。");
  const moves = summary.moves.map((one) => [`${one.from_name} → ${one.to_name}`, number(one.count)]);
  const cases = items.map((one) => [h("a", { href: "/cases/" + encodeURIComponent(one.case_id) }, one.title || one.case_id), words.sub[one.concern] ?? one.concern, one.before.lead_name, one.lead_name, one.reason]);
  fill(place, head, moves.length > 0 && table(["从谁到谁", "件数"], moves, "从谁到谁"),
    cases.length > 0 ? h("details", {}, h("summary", {}, `逐件看（${number(cases.length)}）`), table(["案件", "事项", "现在的规则", "这张表", "为什么"], cases, "逐件")) : summary.orders > 0 && quiet("没有一件会换手。"));
}
