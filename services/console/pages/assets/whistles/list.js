// The whistles that this key sees, the newest first; those that call its own unit stand above.
import { call } from "../ground/api.js";
import { by_id, card, fill, h, quiet, table, when } from "../ground/dom.js";
import { all_units } from "../ground/names.js";
import { left } from "../ground/clock.js";
import { begin } from "../follow/follow.js";
import { register } from "../handling/lists.js";
import { names_of } from "../handling/units.js";
import { call_of, PATH, spot, state_of } from "./words.js";

const MINE = document.querySelector("main").dataset.unit;
const OWED = ["called", "accepted", "declined", "missing"];
const UNMET = ["open", "partly_met", "exhausted"];
const to_whistle = (one, text) => h("a", { href: `/whistles/${encodeURIComponent(one.whistle_id)}` }, text);
const needed = (one) => one.need || "请到场协同处置";

begin(async () => {
  const unit = await names_of();
  const own = await own_units();

  function row(one) {
    const [came, called] = [one.calls.filter((each) => ["reported_in", "done"].includes(each.state)).length, one.calls.filter((each) => !each.helper).length];
    const waits = one.nod?.state === "waiting";
    const open = UNMET.includes(one.state) && !waits;
    return [
      [to_whistle(one, `${one.kind_name}：${needed(one)}`), quiet(spot(one.meet) && `到 ${spot(one.meet)}`)],
      `${one.blown_unit ? unit(one.blown_unit) : one.blown_by} ${when(one.blown_at)}`,
      waits ? "同意后才起算" : [when(one.report_in_by), open && quiet(left(one.report_in_by))],
      [`${came} / ${called} 家`, open && one.missing.length > 0 && quiet(`没到：${one.missing.map(unit).join("、")}`)],
      state_of(one),
    ];
  }

  async function called() {
    if (!own.size || !MINE) return;
    const found = [];
    for (const state of UNMET) found.push(...(await call(`${PATH}?${new URLSearchParams({ state, limit: "100" })}`)).items);
    const mine = found.filter((one) => one.nod?.state !== "waiting").flatMap((one) =>
      one.calls.filter((each) => own.has(each.unit) && OWED.includes(each.state) && !each.released).map((each) => [one, each]));
    mine.sort((a, b) => Date.parse(a[0].report_in_by) - Date.parse(b[0].report_in_by));
    fill(by_id("mine"), mine.length ? card(`叫了我们、还没有报到的（${mine.length}）`, table(["要办的事", "到哪里", "什么时候前", "谁去", "去办"], mine.map(([one, each]) => [
      `${one.kind_name}：${needed(one)}`, spot(one.meet), `${when(one.report_in_by)}，${left(one.report_in_by)}`,
      [unit(each.unit), quiet(call_of(each))], to_whistle(one, "应哨、报到"),
    ]), "叫了我们的哨")) : null);
  }

  const show = register(PATH, () => (by_id("state").value ? { state: by_id("state").value } : {}), ["要办的事", "谁吹的", "报到时限", "到了几家", "情况"], row, "没有这样的哨。");
  by_id("state").addEventListener("change", show);
  await Promise.all([show(), called()]);
});

// This key's unit and all below it.
async function own_units() {
  const known = new Map((await all_units()).map((unit) => [unit.code, unit.parent]));
  const below = (code, steps = 0) => code === MINE || (code && steps < 20 && below(known.get(code), steps + 1));
  return new Set(MINE ? [...known.keys()].filter((code) => below(code)) : []);
}
