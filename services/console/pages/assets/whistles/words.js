// What the codes of whistles are called.
export const PATH = "/dispatch/v1/whistles";
export const STATES = { open: "等报到", partly_met: "没有到齐", met: "已到齐", released: "已散哨", cancelled: "已撤哨", exhausted: "升级后仍没有到齐" };
export const CALLS = { called: "已叫，没有回音", accepted: "已应哨", declined: "请辞", reported_in: "已报到", missing: "没有到", done: "已完成" };
export const RUNNING = ["open", "partly_met", "met", "exhausted"];
const { role } = document.querySelector("main").dataset;
export const MAY_BLOW = ["admin", "duty_desk", "supervisor", "department", "grid_chief", "community"].includes(role);

// A whistle's own state: those that wait for the street have called nobody yet.
export function state_of(one) {
  if (one.nod?.state === "waiting") return "等街道同意";
  return one.nod?.state === "refused" ? "街道没有同意" : STATES[one.state];
}

export const spot = (place) => place.address || (place.lon === null || place.lon === undefined ? "" : `${place.lon.toFixed(5)}, ${place.lat.toFixed(5)}`);

// What became of one unit's part.
export function call_of(one) {
  if (one.released && !["reported_in", "done"].includes(one.state)) return one.substitute ? "由替补来" : "不用到";
  return CALLS[one.state] + (one.released ? "，已离场" : "") + (one.late ? "（迟到）" : "");
}
