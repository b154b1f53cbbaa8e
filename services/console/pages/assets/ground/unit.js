// One unit: whose it is, who is on duty now and who follows, its people by role, this week's roster.
import { call, everything } from "./api.js";
import { card, dates, facts, fill, h, quiet, table, when } from "./dom.js";
import { overlay_namer, unit_namer } from "./names.js";

const SOURCES = { roster: "按值班表", hours: "按单位的工作时间", parent: "本单位没有人，找上级" };

export async function draw_unit(place, code, wanted) {
  const asked = encodeURIComponent(code);
  const [unit, duty, people, week, name, overlay] = await Promise.all([
    call("/grids/v1/units/" + asked),
    call("/grids/v1/on-duty?unit=" + asked),
    everything("/grids/v1/people?unit=" + asked),
    call(`/console/v1/rosters/${asked}/week`),
    unit_namer(),
    overlay_namer(),
  ]);
  if (!wanted()) return;
  fill(place, head(unit, name, overlay), on_duty(duty), roster(week, people), staff(people, overlay));
}

function head(unit, name, overlay) {
  const link = (code) => (code ? h("a", { href: "#" + encodeURIComponent(code) }, name(code)) : null);
  const history = (unit.history ?? []).length > 1
    ? h("details", {}, h("summary", {}, `以前和以后的样子（${unit.history.length}）`),
        table(["名称", "隶属", "什么时候"], unit.history.map((one) => [one.name, name(one.parent), dates(one)])))
    : null;
  return h("section", { class: "card" }, h("h2", {}, unit.name), facts([
    ["编码", unit.code], ["隶属", link(unit.parent)], ["派驻", link(unit.posted_to)], ["业务指导", link(unit.guided_by)],
    ["管哪个图层", unit.overlay ? overlay(unit.overlay) : ""], ["别名", unit.aliases.join("、")], ["工作时间", hours(unit.hours)],
    ["联系", channels(unit.channels)], ["什么时候", dates(unit)]]), history);
}

function on_duty(duty) {
  if (!duty.on_duty.length) return card("眼下谁值班", quiet("没有人值班。请排值班表，或在单位上写工作时间。"));
  const row = (post, place) => [place ? `再找 ${place}` : "先找", post.person ? (post.name ?? post.person) : "单位电话", post.unit_name, channels(post.channels) || (post.channels ? "没有登记" : "您的密钥看不到"), when(post.until)];
  return card("眼下谁值班", quiet(SOURCES[duty.source] ?? ""),
    table(["顺序", "谁", "单位", "联系", "到几点"], [...duty.on_duty, ...duty.then].map(row), "值班"));
}

function roster(week, people) {
  if (!week.days) return card("本周值班表", quiet("这个单位没有值班表。用 duoge rosters import 或 PUT /grids/v1/rosters 排班。"));
  const names = new Map(people.map((person) => [person.code, person.name]));
  const row = (shift) => `${shift.from}–${shift.to} ${shift.people.map((code) => names.get(code) ?? code).join("、")}`;
  const day = (one) => [h("span", { class: one.today ? "day today" : "day" }, `${one.name} ${one.date.slice(5)}`, one.today && " 今天", one.holiday && " 节假日"), one.shifts.length ? one.shifts.map((shift) => h("div", { class: "shift" }, row(shift))) : "没有人"];
  return card("本周值班表", table(["哪天", "谁"], week.days.map(day), "本周值班表"), quiet("每班第一个人先接，没人应答再找后面的。换班和节假日已算进去。"));
}

function staff(people, overlay) {
  if (!people.length) return card("人员", quiet("没有登记人员。用 duoge people import 导入。"));
  const roles = by_role(people);
  const posts = (one) => one.postings.map((post) => `${overlay(post.overlay)} ${post.grid} ${post.role}`).join("；");
  return card(`人员（${people.length}）`, [...roles].map(([role, held]) => [h("h3", {}, `${role}（${held.length}）`),
    table(["谁", "联系", "派驻到", "专长"], held.map((one) => [one.name ?? one.code, channels(one.channels) || (one.channels ? "没有登记" : "您的密钥看不到"), posts(one) || "—", one.skills.map((skill) => SKILLS[skill] ?? skill).join("、") || "—"]), role)]));
}

function by_role(people) {
  const roles = new Map();
  for (const one of people) roles.set(one.role, [...(roles.get(one.role) ?? []), one]);
  return roles;
}

const CHANNELS = { phone: "电话", mobile: "手机", email: "邮箱", wecom: "企业微信", sms: "短信" };
const SKILLS = { police: "公安", fire: "消防", medical: "医疗" };

// How somebody is reached, a number so that a phone dials it; null where there is nothing.
function channels(told) {
  const said = Object.entries(told ?? {}).map(([kind, value]) => {
    const words = typeof value === "string" ? value : JSON.stringify(value);
    const number = /^[+\d][\d -]{4,}$/.test(words);
    return h("div", {}, `${CHANNELS[kind] ?? kind} `, number ? h("a", { href: "tel:" + words.replaceAll(" ", "") }, words) : words);
  });
  return said.length ? said : null;
}

// `24x7`, `working`, or the hours of a working day; a unit that says nothing keeps the city's.
function hours(told) {
  const known = { "24x7": "全天", working: "工作日，城市方案的工作时间" };
  return told ? (known[told] ?? `工作日 ${told}`) : "没有写，按城市方案";
}
