// One entry of the register: what speaks for it, whose it is, and what may be done now.
import { post } from "./api.js";
import { area, busy, facts, fill, h, quiet, table, when } from "./dom.js";
import { overlay_namer, unit_namer, unit_select } from "./names.js";

const MAY = new Set(["admin", "supervisor", "duty_desk"]);
const STEPS = {
  hold: { name: "指定代管", unit: "代管单位", done: "已经指定代管" },
  rule: { name: "裁定归属", unit: "归哪个单位", words: "依据", key: "ground", needed: true, done: "已经裁定，新的案件按裁定派" },
  close: { name: "销号", words: "为什么销号（可以不填）", key: "note", done: "已经销号" },
};

export async function draw_one(place, ground, title, after) {
  const [unit, overlay] = [await unit_namer(), await overlay_namer()];
  const grids = Object.entries(ground.place.grids).map(([code, held]) => `${overlay(code)} ${held.join("、")}`);
  const { ruling } = ground;
  fill(place,
    h("h2", {}, title),
    facts([
      ["原因", `${ground.kind_name}（${ground.state_name}）`],
      ["图层", ground.overlays.map(overlay).join("、")],
      ["网格", grids.join("；")],
      ["面积", ground.area_m2 === null ? "" : area(ground.area_m2)],
      ["列入", when(ground.first_seen)],
      ["最近一次", when(ground.last_seen)],
      ["代管", ground.holder ? `${unit(ground.holder)}，${ground.held_by} ${when(ground.held_at)} 指定` : ""],
      ["裁定", ruling ? `${unit(ruling.unit)}，${ruling.by} ${when(ruling.date)} 裁定` : ""],
      ["依据", ruling?.ground],
      ["工单", ruling ? `裁定前 ${ground.orders.before} 件，裁定后 ${ground.orders.after} 件` : `${ground.orders.before} 件`],
      ["销号", ground.closed_at ? `${ground.closed_by ?? "地图上已经没有了"} ${when(ground.closed_at)} ${ground.note ?? ""}` : ""],
    ]),
    h("h3", {}, "凭什么列入"),
    ground.evidence.length ? evidence(ground.evidence) : quiet(ground.kind === "bouncing" ? "没有记下来的案件。" : "地图自己查出来的。"),
  );
  const steps = ground.allowed.filter((step) => step in STEPS);
  if (!MAY.has(document.querySelector("main").dataset.role)) place.append(quiet("指定代管、裁定和销号要城运中心或区督办的密钥。"));
  else if (steps.length) place.append(await forms(ground, steps, after));
}

function evidence(items) {
  const cases = (one) => (one.cases ?? []).map((id) => [h("a", { href: "/cases/" + encodeURIComponent(id) }, id), " "]);
  return table(["怎样", "几次", "几件", "案件"], items.map((one) => [one.reason_name, one.times, one.count, cases(one)]), "凭据");
}

async function forms(ground, steps, after) {
  const made = [];
  for (const step of steps) made.push(await form(ground, step, after));
  return h("div", { class: "steps-of" }, made);
}

async function form(ground, step, after) {
  const { name, unit, words, key, needed, done } = STEPS[step];
  const select = unit ? await unit_select(`${step}-unit`) : null;
  const said = words ? h("textarea", { id: `${step}-words`, rows: "2", maxlength: "2000", required: needed }) : null;
  const send = h("button", { type: "submit", class: "main" }, name);
  const wrong = h("div", {});
  const act = (event) => {
    event.preventDefault();
    const told = { ...(select && { unit: select.value }), ...(said && (said.value || needed) && { [key]: said.value }) };
    busy([send], wrong, async () => {
      await post(`/grids/v1/ownerless/${ground.id}/${step}`, told, ground.version);
      after(done);
    });
  };
  return h("details", {}, h("summary", {}, name),
    h("form", { class: "fields", onsubmit: act },
      select && h("label", { class: "field" }, unit + " ", select), said && h("label", { class: "field" }, words, said), wrong, h("p", { class: "buttons" }, send)));
}
