// The time of business: that which the page was made with, and what has passed since.
const MADE = [Date.parse(document.querySelector(".bar .clock").dateTime), performance.now()];
export const now = () => MADE[0] + performance.now() - MADE[1];

// As a field of date and time wants it: `2026-11-26T09:30` in Shanghai.
export const for_field = (moment) => new Date(moment).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" }).slice(0, 16).replace(" ", "T");

export function span(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / 60000));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (days) return `${days} 天 ${hours} 小时`;
  return hours ? `${hours} 小时 ${minutes % 60} 分` : `${minutes} 分`;
}

export const left = (at) => (Date.parse(at) >= now() ? `还剩 ${span(Date.parse(at) - now())}` : `已过 ${span(now() - Date.parse(at))}`);
