// Boundaries: previewed, looked at, then put in force. What was previewed is what is applied: any change asks anew.
import { everything, watch } from "./api.js";
import { busy, by_id, failed, fill, h } from "./dom.js";
import { FileField } from "./file.js";
import { impact } from "./impact.js";
import { GridMap, NEW, OLD } from "./map.js";
import { the_profile, unit_namer } from "./names.js";
import { Progress } from "./progress.js";
import { refusal, topology } from "./topology.js";

const OTHER = "other";
const [overlay, code, crs, epsg] = ["overlay", "overlay-code", "crs", "epsg"].map(by_id);
const [preview, apply, place, answer, told] = ["preview", "apply", "progress", "answer", "told"].map(by_id);
const field = new FileField(by_id("drop"), by_id("file"), by_id("file-name"), changed);
const held = new Map(); // the overlays that there are
let map = null;
let seen = null; // the version of the overlay that the preview stood on

function changed() {
  apply.disabled = true;
  seen = null;
  by_id("other-overlay").hidden = overlay.value !== OTHER;
  by_id("other-crs").hidden = crs.value !== OTHER;
  code.required = overlay.value === OTHER;
  epsg.required = crs.value === OTHER;
}

function wish(more) {
  const system = crs.value === OTHER ? "EPSG:" + epsg.value.replace(/^EPSG:/, "") : crs.value;
  const asked = new URLSearchParams({ file: field.file.name.slice(0, 200), mend: by_id("mend").checked, part: by_id("part").checked, ...more });
  if (system) asked.set("crs", system);
  const wanted = overlay.value === OTHER ? code.value : overlay.value;
  return [wanted, `/grids/v1/overlays/${encodeURIComponent(wanted)}?${asked}`];
}

async function run(more, headers) {
  const progress = new Progress(place, "preview" in more);
  fill(answer);
  fill(told);
  by_id("drawn").hidden = true;
  try {
    const [, path] = wish(more);
    const found = await watch(path, { method: "PUT", body: field.file, headers }, (step) => progress.told(step));
    progress.end("预览好了，看过没问题再点“生效”");
    return [found, progress];
  } catch (error) {
    progress.stop();
    if (!error.errors) throw error;
    fill(answer, refusal(error, look));
    answer.focus();
    return [null, progress];
  }
}

// The overlay as it is, to have something round the lines.
async function ground() {
  by_id("drawn").hidden = false;
  map ??= new GridMap(by_id("map"));
  map.clear();
  const [wanted] = wish({});
  if (held.has(wanted)) await map.overlay(wanted);
}

async function look(lon, lat) {
  await ground();
  map.spot(lon, lat, "这里不对");
  map.go(lon, lat);
}

async function show(found) {
  await ground();
  const lines = [map.draw(found.borders.after, NEW), map.draw(found.borders.before, OLD)];
  map.frame(lines.filter((one) => one.getLayers().length));
  fill(told, h("div", {}, topology(found.topology, map)), h("div", {}, impact(found.impact, await unit_namer())));
}

by_id("wish").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!field.file) return fill(answer, h("p", { class: "wrong", role: "alert" }, "请先选一个文件"));
  busy([preview, apply], answer, async () => {
    const [wanted] = wish({});
    const held = await everything("/grids/v1/overlays");
    const version = held.find((one) => one.overlay === wanted)?.version ?? 0;
    const [found] = await run({ preview: true, borders: true }, {});
    if (!found) return;
    await show(found);
    seen = version;
  }).then(() => (apply.disabled = seen === null));
});

apply.addEventListener("click", () =>
  busy([preview, apply], answer, async () => {
    const [found, progress] = await run({ wait: true, borders: true }, { "if-match": `"${seen}"` });
    if (!found) return;
    progress.end(`已经生效，现在是第 ${found.version} 版`);
    await show(found);
    field.take(null);
  }).then(() => (apply.disabled = seen === null)),
);

async function begin() {
  const names = { ...(await the_profile()).overlays };
  for (const one of await everything("/grids/v1/overlays")) {
    held.set(one.overlay, one);
    names[one.overlay] ??= one.name;
  }
  const count = (key) => (held.has(key) ? `现有 ${held.get(key).grids} 个网格` : "还没有");
  overlay.append(...Object.entries(names).map(([key, name]) => h("option", { value: key }, `${name}（${count(key)}）`)));
  overlay.append(h("option", { value: OTHER }, "别的图层，自己填编码"));
  preview.disabled = false;
}

for (const one of [overlay, code, crs, epsg, by_id("mend"), by_id("part")]) one.addEventListener("change", changed);
begin().catch((error) => failed(error, answer));
