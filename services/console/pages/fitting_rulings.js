// What was ruled of matters like this case, read from the service that decides; no card where nothing fits.
export default {
  template: `<section class="card fitting" hidden></section>`,
  props: { case_id: String },
  async mounted() {
    try {
      const [{ call }, { rulings }] = await Promise.all([import("/console/assets/ground/api.js"), import("/console/assets/handling/rulings.js")]);
      const { items, proposal } = await call(`/dispatch/v1/cases/${encodeURIComponent(this.case_id)}/precedents`);
      const told = rulings(items, proposal);
      if (!told || this.gone) return;
      this.$el.append(...told.flat(Infinity).filter(Boolean));
      this.$el.hidden = false;
    } catch (error) {
      if (this.gone) return;
      const said = Object.assign(document.createElement("p"), { className: "wrong", textContent: `同类的判例读不出来：${error.message}` });
      said.setAttribute("role", "alert");
      this.$el.append(said);
      this.$el.hidden = false;
    }
  },
  unmounted() {
    this.gone = true;
  },
};
