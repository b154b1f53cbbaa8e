// Rulings, searched; what they propose, taken into the draft of the table.
import { call } from "../ground/api.js";
import { busy, button, by_id, card, facts, failed, fill, h, quiet, table, when } from "../ground/dom.js";
import { held, keep } from "./draft.js";
import { conditions, EDITORS, may_edit, ROWS, target_name, the_words } from "./words.js";

const PATH = "/dispatch/v1/precedents";
const list = by_id("list");
const older = by_id("older");
const sees_proposals = [...EDITORS, "auditor"].includes(document.querySelector("main").dataset.role);
let words;
let cursor = "";

async function start() {
  words = await the_words();
  const options = (known) => Object.entries(known).map(([code, name]) => h("option", { value: code }, name));
  by_id("concern").append(...options(words.sub));
  by_id("unit").append(...options(words.unit));
  if (sees_proposals) await proposals();
  await search();
}

async function proposals() {
  const { items } = await call(PATH + "/proposals");
  fill(by_id("proposals"), items.map((one) =>
    card(one.text, facts([["条件", conditions(words, one.row.when)], ["主办", one.row.lead.map((target) => target_name(words, target)).join("、")], ["现在由规则", one.instead_of ?? "没有"], ["依据", one.row.ground]]),
      may_edit() && h("div", { class: "buttons" }, button("采用到草稿", () => adopt(one), { class: "main" })))));
}

async function adopt(one) {
  const live = await call(ROWS);
  const draft = held() ?? { base: live.version, rows: live.rows, examples: live.examples };
  keep({ ...draft, rows: [...draft.rows.filter((row) => row.id !== one.row.id), one.row] });
  location.assign("/rules");
}

const row = (one) => [
  when(one.at), one.concern_name, h("a", { href: "/cases/" + encodeURIComponent(one.case_id) }, one.title || one.case_id),
  one.previous_name ?? "—", one.lead_name, one.ground];

async function search() {
  const asked = new URLSearchParams({ limit: 50, ...(cursor && { cursor }) });
  for (const name of ["q", "concern", "unit"]) if (by_id(name).value.trim()) asked.set(name, by_id(name).value.trim());
  const page = await busy([older], list, () => call(`${PATH}?${asked}`));
  if (!page) return;
  if (page.items.length) list.append(table(["时间", "事项", "案件", "从谁手里", "裁定给谁", "依据"], page.items.map(row), "判例"));
  else list.append(quiet("没有这样的判例。"));
  cursor = page.next ?? "";
  older.hidden = !page.next;
}

by_id("search").addEventListener("submit", (event) => {
  event.preventDefault();
  cursor = "";
  list.replaceChildren();
  search();
});
older.addEventListener("click", search);
start().catch((error) => failed(error, list));
