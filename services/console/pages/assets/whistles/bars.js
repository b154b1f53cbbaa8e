// Bars drawn as pictures whose numbers stand in their names too.
const SVG = "http://www.w3.org/2000/svg";

function drawn(tag, given) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, told] of Object.entries(given)) made.setAttribute(name, told);
  return made;
}

function picture(label, ...inside) {
  const made = drawn("svg", { class: "bars", viewBox: "0 0 100 18", preserveAspectRatio: "none", role: "img", "aria-label": label });
  made.append(...inside);
  return made;
}

const rect = (x, width, look, y = 0, height = 18) => drawn("rect", { x, y, width: Math.max(0, width), height, class: look });

// `parts`: [look, how many]; `most` is what fills the whole width.
export function stacked(label, parts, most) {
  let x = 0;
  return picture(label, ...parts.map(([look, many]) => {
    const width = most ? (100 * many) / most : 0;
    const made = rect(x, width, look);
    x += width;
    return made;
  }));
}

// A rate on a scale that ends at `most`, with the span that is neither too little nor too much.
export function rated(label, rate, floor, ceiling, most) {
  const at = (value) => (100 * Math.min(value, most)) / most;
  const edge = (value) => drawn("line", { x1: at(value), x2: at(value), y1: 0, y2: 18, class: "edge" });
  return picture(label, rect(0, 100, "ground"), rect(at(floor), at(ceiling) - at(floor), "fitting"), rect(0, at(rate), "rate", 5, 8), edge(floor), edge(ceiling));
}

export function key(look, text) {
  const [item, swatch] = [document.createElement("li"), drawn("svg", { viewBox: "0 0 1 1", "aria-hidden": "true" })];
  swatch.append(drawn("rect", { width: 1, height: 1, class: look }));
  item.append(swatch, text);
  return item;
}
