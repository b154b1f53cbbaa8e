// A register read a page at a time.
import { call } from "../ground/api.js";
import { busy, by_id, fill, quiet, table } from "../ground/dom.js";

export function register(path, asked, names, row, none) {
  let found = [];
  let next = null;
  async function show(more) {
    const query = new URLSearchParams({ limit: "100", ...asked(), ...(more && next ? { cursor: next } : {}) });
    const page = await call(`${path}?${query}`);
    found = more ? [...found, ...page.items] : page.items;
    next = page.next;
    fill(by_id("list"), found.length ? table(names, found.map(row), document.querySelector("h1").textContent) : quiet(none));
    by_id("older").hidden = next === null;
  }
  by_id("older").addEventListener("click", () => busy([by_id("older")], by_id("list"), () => show(true)));
  return () => busy([], by_id("list"), () => show(false));
}
