const STEP = 100;

export function span(ms) {
  const minutes = Math.floor(ms / 60000);
  const days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24, rest = minutes % 60;
  if (days) return hours ? `${days} 天 ${hours} 小时` : `${days} 天`;
  if (hours) return rest ? `${hours} 小时 ${rest} 分` : `${hours} 小时`;
  return minutes ? `${rest} 分` : "不到 1 分";
}

export default {
  template: `
  <section class="cases" aria-label="案件列表">
    <div class="filters" role="search">
      <label>状态
        <select v-model="state">
          <option value="open">办理中</option><option value="">全部</option>
          <option v-for="(name, code) in states" :key="code" :value="code">{{ name }}</option>
        </select>
      </label>
      <label>灯
        <select v-model="light">
          <option value="">全部</option>
          <option v-for="(name, code) in lights" :key="code" :value="code">{{ name }}</option>
        </select>
      </label>
      <label class="find">查找 <input type="search" v-model.trim="text" placeholder="标题、事项、主办、地点"></label>
      <output class="count" aria-live="polite">{{ wanted.length }} 件</output>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="案件表格，可滚动">
      <table>
        <thead><tr><th scope="col">灯</th><th scope="col">事项</th><th scope="col">状态</th><th scope="col">类别</th>
          <th scope="col">主办</th><th scope="col">时限</th></tr></thead>
        <tbody>
          <tr v-for="row in wanted.slice(0, most)" :key="row.id" :class="{ fresh: row.fresh }" :data-case="row.id">
            <td class="lamp"><span :class="['light', row.ended ? 'ended' : row.light]">{{ row.ended ? '结' : lights[row.light].slice(0, 1) }}</span></td>
            <td class="what"><a :href="'/cases/' + encodeURIComponent(row.id)">{{ row.title }}</a>
              <small>{{ [row.concern, row.where].filter(Boolean).join(' · ') }}</small>
              <span class="marks"><b v-for="mark in row.marks" :key="mark">{{ mark }}</b></span></td>
            <td class="state">{{ row.state_name }}</td>
            <td class="class"><span :class="{ urgent: row.urgent }">{{ row.class_name }}</span></td>
            <td class="lead">{{ row.lead }}</td>
            <td :class="['left', { over: row.due !== null && row.due < at && !row.paused }]">{{ left(row) }}</td>
          </tr>
        </tbody>
      </table>
      <p v-if="!wanted.length" class="empty">{{ held.size ? '没有符合条件的案件，请放宽筛选' : '眼下没有案件' }}</p>
      <button v-if="wanted.length > most" type="button" class="more" @click="most += ${STEP}">再显示 ${STEP} 件（还有 {{ wanted.length - most }} 件）</button>
    </div>
  </section>`,
  props: { rows: Array, now: Number, states: Object, lights: Object },
  data() {
    return { state: "open", light: "", text: "", most: STEP, at: this.now, version: 0 };
  },
  created() {
    this.held = new Map(this.rows.map((row) => [row.id, row]));
  },
  computed: {
    sorted() {
      void this.version;
      return [...this.held.values()].sort((a, b) => a.rank - b.rank || a.within - b.within || (a.id < b.id ? -1 : 1));
    },
    wanted() {
      const words = this.text.toLowerCase();
      return this.sorted.filter(
        (row) =>
          (this.state === "" || (this.state === "open" ? !row.ended : row.state === this.state)) &&
          (this.light === "" || (!row.ended && row.light === this.light)) &&
          (words === "" || `${row.title} ${row.concern} ${row.lead} ${row.where} ${row.id}`.toLowerCase().includes(words)),
      );
    },
  },
  methods: {
    change(upserts, removed) {
      for (const id of removed) this.held.delete(id);
      for (const row of upserts) this.held.set(row.id, { ...row, fresh: true });
      this.version++;
    },
    tick(now) {
      this.at = now;
    },
    narrow(state, light) {
      this.state = state;
      this.light = light;
      this.text = "";
    },
    left(row) {
      if (row.due === null) return row.ended ? "—" : "等待中";
      if (row.paused) return `${row.clock} 停表`;
      const ms = row.due - this.at;
      return ms >= 0 ? `${row.clock} 还剩 ${span(ms)}` : `${row.clock} 已超 ${span(-ms)}`;
    },
  },
};
