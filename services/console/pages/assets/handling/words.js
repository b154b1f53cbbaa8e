// What the codes of cases and slips are called.
export const STATES = {
  open: "已立案", dispatched: "待签收", signed: "已签收", in_progress: "处置中", deferred: "缓办", shelved: "挂账",
  statutory: "法定程序", resolved: "已办结", explained: "已解释", verified: "已核查", closed: "已结案", reopened: "重办", withdrawn: "已撤案",
};
export const LEVELS = { street: "街道", district: "区", city: "市" };
export const SLIP_STATES = { issued: "待回复", replied: "待销号", closed: "已销号", void: "已撤案" };
export const SLIP_ACTIONS = { reply: "回复", refuse: "退回重报", close: "销号", summon: "约谈", circulate: "通报" };
export const LIGHTS = { green: "绿灯", yellow: "黄灯", red: "红灯" };
export const PARTS = { helping: "协办", owed: "分办未完", done: "已办完" };

const UNIT = (label) => ({ label, kind: "unit" });
const WORDS = (label) => ({ label, kind: "words" });
const WHEN = (label) => ({ label, kind: "when" });
const TICK = (label, otherwise = false) => ({ label, kind: "tick", otherwise });

// Each action with the fields that are its own; every one may have a note.
export const ACTIONS = {
  sign: ["签收", {}],
  contact: ["先行联系", {}],
  progress: ["报告进展", { part_done: TICK("自己的一份办完了（协办）"), result: WORDS("法定程序的结果") }],
  assign: ["分办", { to: UNIT("分给哪个单位"), need: WORDS("请它办什么") }],
  return: ["退单", { reason: { label: "理由", kind: "choice", from: "returns" }, proposal: WORDS("建议由谁办") }],
  transfer: ["转办", { to: UNIT("转给哪个单位") }],
  rule: ["裁定", { lead: UNIT("由哪个单位主办"), ground: WORDS("依据") }],
  climb: ["升级", { reason: WORDS("为什么要升级") }],
  extend: ["延期", { until: WHEN("延到") }],
  approve: ["同意申请", {}],
  refuse: ["不同意申请", {}],
  defer: ["缓办", { until: WHEN("缓到") }],
  resume: ["恢复办理", {}],
  shelve: ["挂账", { reason: { label: "原因", kind: "choice", from: "shelving" }, until: WHEN("下次复核（不填按方案）") }],
  review: ["挂账复核", { until: WHEN("下次复核（不填按方案）") }],
  unshelve: ["销账", {}],
  statutory: ["转法定程序", { basis: WORDS("法律依据") }],
  resolve: ["办结", { measures: WORDS("采取的措施"), evidence: { label: "材料，一行一件", kind: "lines" }, unfinished: WORDS("分办的没办完，为什么先办结") }],
  explain: ["解释", { measures: WORDS("为什么办不了，怎样解释的"), unfinished: WORDS("分办的没办完，为什么先解释") }],
  verify: ["核查", { passed: TICK("通过", true) }],
  callback: ["回访", { reached: TICK("联系上了", true), resolved: TICK("市民认为已解决", true) }],
  recheck: ["回头看", { passed: TICK("没有反弹", true) }],
  close: ["结案", {}],
  reopen: ["重办", {}],
  supervise: ["督办", { due: WHEN("回复期限"), level: { label: "哪一级", kind: "choice", from: "levels" } }],
  urge: ["催办", {}],
};
