// A whistle blown: for a case or a place, with what justifies it, whom it calls, and where and when they meet.
import { call } from "../ground/api.js";
import { busy, by_id, facts, failed, fill, h, quiet } from "../ground/dom.js";
import { the_profile } from "../ground/names.js";
import { unit_chips, unit_finder } from "../ground/unit_field.js";
import { case_picker } from "../follow/case_picker.js";
import { field, moment } from "../follow/follow.js";
import { here } from "./position.js";
import { MAY_BLOW, PATH, spot } from "./words.js";

const WITH = new URLSearchParams(location.search).get("case");
// However often the button is pressed, one whistle is blown; what was refused is another one once it is mended.
const new_key = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
let key = new_key();
const words = (given = {}) => h("textarea", { rows: 2, maxlength: 2000, ...given });
let asked = 0;

async function start() {
  if (!MAY_BLOW) return fill(by_id("blow"), quiet("这把密钥的角色不能吹哨。要吹哨，请找居民区、网格长或街道城运中心。"));
  const [finder, profile] = await Promise.all([unit_finder(), the_profile()]);
  const where = WITH ? await of_case() : anywhere(propose);
  const which = h("select", {});
  const kind = h("select", { required: true }, profile.whistle_kinds.map((one) => h("option", { value: one.code }, one.name)));
  const need = words({ required: true, onchange: propose });
  const ground = h("input", { maxlength: 300 });
  const units = unit_chips(finder, "叫哪些单位", () => (touched = true));
  const [meet_at, by] = [h("input", { type: "datetime-local" }), h("input", { type: "datetime-local" })];
  const [told, place] = [h("div", { role: "status", class: "steady" }), h("div", {})];
  const go = h("button", { type: "submit", class: "main" }, "吹哨");
  let [rows, touched, chosen] = [[], false, false];

  // What the catalogue says of it here; what somebody has chosen stays.
  async function propose() {
    const mine = ++asked;
    const at = where.asked();
    const page = await busy([], told, () => call(`${PATH}/catalogue?${new URLSearchParams({ ...at, q: need.value })}`));
    if (!page || mine !== asked) return;
    rows = page.items;
    const held = chosen ? which.value : page.proposed?.code ?? "";
    fill(which, h("option", { value: "" }, "不在清单里"), rows.map((one) => h("option", { value: one.code }, one.matter + (one.fits ? "（对得上）" : ""))));
    which.value = held;
    follow();
  }

  function follow() {
    const row = rows.find((one) => one.code === which.value);
    if (row) kind.value = row.kind;
    if (!touched) units.set(row?.units.map((one) => one.unit) ?? []);
    const waits = profile.whistle_kinds.find((one) => one.code === kind.value);
    fill(told, row ? quiet(`依据：${row.ground}。${row.units.length ? "" : `清单上的单位：${row.roles.map((one) => one.name).join("、")}。`}`) : quiet("不在吹哨事项清单里的也能吹，请把为什么写清楚。"),
      waits?.needs_nod && ["grid_chief", "community"].includes(document.querySelector("main").dataset.role) && quiet("这种哨可能要街道同意：同意以前谁也没有被叫，时限从同意起算。"));
  }
  which.addEventListener("change", () => { chosen = true; touched = false; follow(); });
  kind.addEventListener("change", follow);

  async function send(event) {
    event.preventDefault();
    fill(place);
    if (!where.ready(place)) return;
    busy([go], place, async () => {
      const meet = where.meet();
      const body = {
        ...where.body(), kind: kind.value, need: need.value, ground: ground.value, ...(which.value && { matter: which.value }), ...(units.codes().length && { units: units.codes() }),
        ...(meet_at.value && meet && { meet: { ...meet, at: moment(meet_at) } }), ...(by.value && { report_in_by: moment(by) }),
      };
      try {
        const made = await call(PATH, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", "idempotency-key": key } });
        location.assign(`/whistles/${encodeURIComponent(made.whistle_id)}`);
      } catch (error) {
        if (error.status >= 400 && error.status < 500) key = new_key();
        if (!error.errors?.length) throw error;
        fill(place, h("p", { class: "wrong", role: "alert" }, error.errors.map((one) => one.detail).join("；")));
      }
    });
  }

  fill(by_id("blow"), where.card, h("form", { class: "card fields", onsubmit: send },
    h("label", { class: "field wide" }, "要各单位做什么 ", need), field("吹哨事项清单", which), field("哪一种哨", kind), told,
    h("label", { class: "field wide" }, "叫哪些单位（不写就叫这里各网格的单位和案件的协办） ", units.input), units.chips,
    field("集合时间（不写就是报到时限以前）", meet_at), field("报到时限（不写按哨型算）", by), field("另写的依据（不写用清单或哨型的）", ground),
    h("div", { class: "buttons" }, go), place));
  await propose();
}

async function of_case() {
  const one = await call(`/dispatch/v1/cases/${encodeURIComponent(WITH)}`);
  const { lon, lat } = one.place;
  return {
    card: h("section", { class: "card" }, h("h2", {}, "为这个案件"), facts([["案件", h("a", { href: `/cases/${encodeURIComponent(WITH)}` }, one.title || WITH)], ["集合点", spot(one.place)]])),
    asked: () => ({ case_id: WITH }), body: () => ({ case_id: WITH }), ready: () => true,
    meet: () => (lon === null || lon === undefined ? null : { lon, lat, ...(one.place.address && { address: one.place.address }) }),
  };
}

// For a case found by its words, or for a place where there is none yet.
function anywhere(changed) {
  const which = case_picker(changed);
  const address = h("input", { maxlength: 300, autocomplete: "off", placeholder: "路名门牌、小区、店名", onchange: look_up });
  const told = h("div", { role: "status" });
  const map = h("div", { class: "map" });
  let [at, picked, board] = [null, false, null];
  function pick(lon, lat, words, by_hand = true) {
    at = { lon, lat };
    picked = by_hand;
    fill(told, quiet(words));
    board?.spots.clearLayers();
    board?.spot(lon, lat, "集合点");
    changed();
  }
  async function look_up() {
    const said = address.value.trim();
    if (!said || picked) return;
    const found = await call(`/grids/v1/resolve?${new URLSearchParams({ address: said })}`).catch(() => null);
    if (picked || said !== address.value.trim()) return;
    const at_it = found?.match;
    if (at_it) return pick(at_it.lon, at_it.lat, `集合点：${at_it.name}。不对就在图上点。`, false);
    at = null;
    fill(told, quiet("地名地址库里没有这个地址，请在图上点，或用现在的位置。"));
  }
  const mine = h("button", { type: "button", onclick: () => busy([mine], told, async () => {
    fill(told, quiet("正在定位……"));
    const { lon, lat, accuracy } = await here();
    pick(lon, lat, `集合点：我现在的位置，误差约 ${accuracy} 米。`);
    board?.go(lon, lat);
  }) }, "用我现在的位置");
  const drawn = h("details", {}, h("summary", {}, "在图上点"), map);
  drawn.addEventListener("toggle", async () => {
    try {
      const { GridMap } = await import("../ground/map.js");
      board = new GridMap(map);
      board.pick = ({ lng, lat }) => pick(lng, lat, "集合点：图上点的位置。");
      await board.overlay("comprehensive");
      if (at) board.spot(at.lon, at.lat, "集合点");
    } catch (error) {
      failed(error, map);
    }
  }, { once: true });
  const [case_part, place_part] = [h("div", { class: "fields" }, which.fields), h("div", { class: "fields" }, field("地址", address), h("div", { class: "buttons" }, mine), told, drawn)];
  const kinds = [["place", "还没有案件的一个地点", place_part], ["case", "一个在办的案件", case_part]].map(([code, name, part], place) => {
    const radio = h("input", { type: "radio", name: "for", value: code, checked: place === 0, onchange: () => { choose(); changed(); } });
    return { code, radio, part, shown: h("label", { class: "tick" }, radio, ` ${name}`) };
  });
  const chosen = () => kinds.find((one) => one.radio.checked).code;
  const choose = () => kinds.forEach((one) => (one.part.hidden = !one.radio.checked));
  choose();
  const found = () => (chosen() === "case" ? which.chosen() && { case_id: which.chosen() } : null);
  return {
    card: h("section", { class: "card" }, h("h2", {}, "在哪里吹"), h("div", { class: "ticks" }, kinds.map((one) => one.shown)), kinds.map((one) => one.part)),
    asked: () => found() || (chosen() === "place" && at ? at : {}),
    body: () => found() || { place: { ...at, ...(address.value.trim() && { address: address.value.trim() }) } },
    meet: () => (chosen() === "place" && at ? { ...at, ...(address.value.trim() && { address: address.value.trim() }) } : null),
    ready(place) {
      const missing = chosen() === "case" ? !which.chosen() && "请先找出案件" : !at && !address.value.trim() && "请写在哪里，或用现在的位置、在图上点";
      if (missing) fill(place, h("p", { class: "wrong", role: "alert" }, missing));
      return !missing;
    },
  };
}

start().catch((error) => failed(error, by_id("blow")));
