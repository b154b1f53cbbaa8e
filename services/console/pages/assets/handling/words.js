// What the codes of cases and slips are called.
export const STATES = {
  open: "已立案", dispatched: "待签收", signed: "已签收", in_progress: "处置中", deferred: "缓办", shelved: "挂账",
  statutory: "法定程序", resolved: "已办结", explained: "已解释", verified: "已核查", closed: "已结案", reopened: "重办", withdrawn: "已撤案",
};
export const LEVELS = { street: "街道", district: "区", city: "市" };
export const SLIP_STATES = { issued: "待回复", replied: "待销号", closed: "已销号", void: "已撤案" };
export const SLIP_ACTIONS = { reply: "回复", refuse: "退回重报", close: "销号", summon: "约谈", circulate: "通报" };
export const LIGHTS = { green: "绿灯", yellow: "黄灯", red: "红灯" };
export const SATISFACTION = { satisfied: "满意", fair: "一般", dissatisfied: "不满意" };
export const PARTS = { helping: "协办", owed: "分办未完", done: "已办完" };

export const EVIDENCE = { photo_before: "处置前照片", photo_after: "处置后照片", visit_note: "走访记录" };

const UNIT = (label) => ({ label, kind: "unit", needed: true });
const WORDS = (label, needed = false) => ({ label, kind: "words", needed });
const WHEN = (label, needed = false) => ({ label, kind: "when", needed });
const CHOICE = (label, from, needed = false) => ({ label, kind: "choice", from, needed });
const TICK = (label, otherwise = false) => ({ label, kind: "tick", otherwise });

// Each action with the fields that are its own; every one may have a note.
export const ACTIONS = {
  sign: ["签收", {}],
  contact: ["先行联系", {}],
  progress: ["报告进展", { part_done: TICK("自己的一份办完了（协办）"), result: WORDS("法定程序的结果") }],
  assign: ["分办", { to: UNIT("分给哪个单位"), need: WORDS("请它办什么", true) }],
  return: ["退单", { reason: CHOICE("理由", "returns", true), proposal: WORDS("建议由谁办") }],
  transfer: ["转办", { to: UNIT("转给哪个单位") }],
  rule: ["裁定", { lead: UNIT("由哪个单位主办"), ground: WORDS("依据", true) }],
  reclassify: ["改类别、事项", { class: CHOICE("改成哪一类（不改就不选）", "classes"), concern: CHOICE("改成哪个事项（不改就不选）", "concerns"), reason: WORDS("理由", true) }],
  climb: ["升级", { reason: WORDS("为什么要升级", true) }],
  extend: ["延期", { until: WHEN("延到", true) }],
  approve: ["同意申请", {}],
  refuse: ["不同意申请", {}],
  defer: ["缓办", { until: WHEN("缓到", true) }],
  resume: ["恢复办理", {}],
  shelve: ["挂账", { reason: CHOICE("原因", "shelving"), until: WHEN("下次复核（不填按方案）") }],
  review: ["挂账复核", { until: WHEN("下次复核（不填按方案）") }],
  unshelve: ["销账", {}],
  statutory: ["转法定程序", { basis: WORDS("法律依据", true) }],
  resolve: ["办结", { measures: WORDS("采取的措施", true), evidence: { kind: "evidence" }, unfinished: WORDS("分办的没办完，为什么先办结") }],
  explain: ["解释", { measures: WORDS("为什么办不了，怎样解释的"), unfinished: WORDS("分办的没办完，为什么先解释") }],
  verify: ["核查", { passed: TICK("通过", true) }],
  callback: ["回访", { reached: TICK("联系上了", true), resolved: TICK("市民认为已解决", true), satisfaction: CHOICE("市民满意吗", "satisfaction") }],
  recheck: ["回头看", { passed: TICK("没有反弹", true) }],
  close: ["结案", {}],
  reopen: ["重办", {}],
  supervise: ["督办", { due: WHEN("回复期限", true), level: CHOICE("哪一级（不选：区里签发的是区级，其余街道级）", "levels") }],
  urge: ["催办", {}],
};
