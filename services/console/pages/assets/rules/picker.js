// Several values in a field: chosen by name or code from a list, or typed; each is taken away by its own button.
import { h } from "../ground/dom.js";

let lists = 0;

export class Picker {
  constructor(title, values, known = null, hint = "") {
    this.values = [...values];
    this.known = known;
    this.chips = h("ul", { class: "chips" });
    const id = `known-${++lists}`;
    this.input = h("input", { list: known && id, "aria-label": title, placeholder: hint || (known ? "写名称或编码" : "写好按回车"), autocomplete: "off" });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.take();
    });
    this.input.addEventListener("change", () => this.take());
    const list = known && h("datalist", { id }, Object.entries(known).map(([code, name]) => h("option", { value: code }, name)));
    this.place = h("div", { class: "field" }, h("span", {}, title), this.chips, this.input, list);
    this.draw();
  }

  take() {
    const said = this.input.value.trim();
    if (!said) return;
    const named = this.known && Object.entries(this.known).find(([code, name]) => code === said || name === said);
    const value = named ? named[0] : said;
    if (!this.values.includes(value)) this.values.push(value);
    this.input.value = "";
    this.draw();
  }

  draw() {
    this.chips.replaceChildren(...this.values.map((value, place) => h("li", {}, this.known?.[value] ?? value,
      h("button", { type: "button", "aria-label": `去掉 ${this.known?.[value] ?? value}`, onclick: () => this.drop(place) }, "×"))));
  }

  drop(place) {
    this.values.splice(place, 1);
    this.draw();
    this.input.focus();
  }
}
