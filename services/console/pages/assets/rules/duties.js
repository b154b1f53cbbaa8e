// The list of duties: looked through, replaced from a file after its differences are seen.
import { call, download } from "../ground/api.js";
import { busy, button, by_id, failed, fill, h, quiet, table } from "../ground/dom.js";
import { code_name, may_edit, target_name, the_words } from "./words.js";

const PATH = "/dispatch/v1/duties";
let words, live;

async function start() {
  [words, live] = await Promise.all([the_words(), call(PATH)]);
  for (const one of document.querySelectorAll("[data-edit]")) one.hidden = !may_edit();
  draw();
}

const all = (targets) => (targets?.length ? targets.map((one) => h("div", {}, target_name(words, one))) : "—");
const row = (one) => [
  code_name(words, "sub", one.matter), [one.zone && (words.zone[one.zone] ?? one.zone), one.owner && (words.role[one.owner] ?? one.owner)].filter(Boolean).join("，") || "都算",
  all(one.undertakes), all(one.supervises), all(one.enforces), one.article || "—"];

function draw() {
  by_id("state").textContent = `在用的是第 ${live.version} 版，${live.duties.length} 条。${live.note}`;
  const wanted = by_id("find").value.trim();
  const shown = live.duties.map(row).filter((cells) => !wanted || h("div", {}, cells).textContent.includes(wanted));
  fill(by_id("list"), shown.length ? table(["事项", "三区、权属", "承办", "监管", "执法", "法律条款"], shown, "职责清单") : quiet("没有这样的条目。"));
}

async function read(file) {
  const place = by_id("told");
  try {
    const { duties } = await call(PATH + "/read", { method: "POST", body: file });
    const key = (one) => [one.matter, one.zone, one.owner].join("/");
    const now = new Map(live.duties.map((one) => [key(one), JSON.stringify(one)]));
    const added = duties.filter((one) => !now.has(key(one))).length;
    const changed = duties.filter((one) => now.has(key(one)) && now.get(key(one)) !== JSON.stringify(one)).length;
    const removed = live.duties.filter((one) => !duties.some((other) => key(other) === key(one))).length;
    const note = h("input", { maxlength: 500, required: true });
    fill(place, h("p", {}, `读到 ${duties.length} 条：新增 ${added}，改变 ${changed}，去掉 ${removed}。还没有生效。`),
      h("div", { class: "fields inline" }, h("label", { class: "field grow" }, "为什么改", note), button("发布", () => publish(duties, note.value), { class: "main" })));
  } catch (error) {
    if (!error.errors?.length) throw error;
    fill(place, h("p", { class: "wrong", role: "alert" }, error.message), h("ul", { class: "faults" }, error.errors.map((one) => h("li", {}, one.detail))));
  }
}

async function publish(duties, note) {
  const place = by_id("told");
  try {
    const headers = { "content-type": "application/json", "if-match": `"${live.version}"` };
    live = await call(PATH, { method: "PUT", body: JSON.stringify({ duties, note }), headers });
    fill(place, h("p", { class: "right-done", role: "status" }, `第 ${live.version} 版职责清单已生效。`));
    draw();
  } catch (error) {
    failed(error, place);
    if (error.errors?.length) place.append(h("ul", { class: "faults" }, error.errors.map((one) => h("li", {}, one.detail))));
  }
}

by_id("find").addEventListener("input", draw);
by_id("file").addEventListener("change", (event) => {
  const file = event.target.files[0];
  event.target.value = "";
  if (file) busy([], by_id("told"), () => read(file));
});
for (const one of document.querySelectorAll("[data-save]"))
  one.addEventListener("click", () => busy([one], by_id("told"), () => download(`${PATH}/file?format=${one.dataset.save}`)));
start().catch((error) => failed(error, by_id("list")));
