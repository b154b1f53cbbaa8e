// Norms on the map: the grids outside of one stand out.
import { cards_over } from "./card.js";
import { by_id, failed } from "./dom.js";
import { GridMap } from "./map.js";
import { fill_overlays } from "./names.js";

const main = document.querySelector("main");
const select = by_id("overlay");
const map = new GridMap(by_id("map"));

function outside(overlay) {
  const links = main.querySelectorAll(`a[data-outside][data-overlay="${CSS.escape(overlay)}"]`);
  return new Set([...links].map((link) => link.dataset.grid));
}

async function show(overlay) {
  select.value = overlay;
  try {
    await map.overlay(overlay, outside(overlay));
  } catch (error) {
    failed(error, by_id("map"));
  }
}

cards_over(main);
select.addEventListener("change", () => show(select.value));
for (const button of main.querySelectorAll("button[data-show]"))
  button.addEventListener("click", async () => {
    await show(button.dataset.show);
    by_id("map").scrollIntoView({ block: "center" });
  });
try {
  await fill_overlays(select);
  if (select.value) await show(select.value);
} catch (error) {
  failed(error, by_id("map"));
}
