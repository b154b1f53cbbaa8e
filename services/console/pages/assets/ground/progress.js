// The steps of an import, one after the other, and how far the present one is.
import { fill, h, number } from "./dom.js";

const BORDERS = { reading: "读文件", checking: "逐个检查边界", moving: "换算坐标", weighing: "算影响", writing: "写入", publishing: "发布新版本" };
export const COMPONENTS = { reading: "读文件", checking: "逐个检查部件", weighing: "比较前后", writing: "写入", publishing: "发布新版本" };
const NOT_IN_PREVIEW = ["writing", "publishing"];

export class Progress {
  constructor(place, preview, steps = BORDERS) {
    this.place = place;
    this.steps = steps;
    this.shown = Object.keys(steps).filter((step) => !preview || !NOT_IN_PREVIEW.includes(step));
    this.items = new Map(this.shown.map((step) => [step, h("li", {}, steps[step])]));
    this.bar = h("progress", { max: 1, "aria-label": "导入进度" });
    this.words = h("p", { class: "quiet", role: "status" }, "正在上传文件……");
    fill(place, h("h2", {}, preview ? "预览" : "导入"), this.bar, this.words, h("ol", { class: "steps" }, [...this.items.values()]));
    place.hidden = false;
    this.published = false;
  }

  told({ step, done, of }) {
    if (step === "waiting") {
      this.bar.removeAttribute("value");
      this.words.textContent = this.published ? "已经生效，等每个服务都换上新版本" : "另一个导入还在办，排队等着，不用重来";
      return;
    }
    this.published ||= step === "publishing";
    const at = this.shown.indexOf(step);
    this.shown.forEach((one, place) => this.items.get(one).classList.toggle("done", place < at));
    this.shown.forEach((one) => this.items.get(one).toggleAttribute("aria-current", one === step));
    if (of > 1) this.bar.value = (at + done / of) / this.shown.length;
    else this.bar.value = Math.max(0, at + done) / this.shown.length;
    this.words.textContent = this.steps[step] + (of > 1 ? `：${number(done)} / ${number(of)}` : "");
  }

  end(words) {
    this.bar.value = 1;
    this.items.forEach((item) => {
      item.classList.add("done");
      item.removeAttribute("aria-current");
    });
    this.words.textContent = words;
  }

  stop() {
    this.place.hidden = true;
  }
}
