// Calls to the services of this origin, with a pass that stands for the session's key and lives in memory only.
let held = null;

export class Refused extends Error {
  constructor(problem, status) {
    super(problem?.detail || "暂时办不了，请稍后再试");
    this.status = status ?? problem?.status;
    this.errors = problem?.errors ?? [];
  }
}

async function pass() {
  if (held && Date.now() < held.until) return held.pass;
  const answer = await ask("/console/pass", { method: "POST" });
  if (answer.status === 401) {
    location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
    throw new Refused({ detail: "登录已经过期，请重新登录" }, 401);
  }
  if (!answer.ok) throw new Refused(await read(answer), answer.status);
  const told = await answer.json();
  held = { pass: told.pass, until: Date.now() + (told.seconds - 30) * 1000 };
  return held.pass;
}

async function ask(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Refused({ detail: "连不上服务器，请检查网络后再试" }, 0);
  }
}

async function read(answer) {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

async function send(path, { method = "GET", body, headers = {} } = {}) {
  for (let again = false; ; again = true) {
    const authorization = "Bearer " + (await pass());
    const answer = await ask(path, { method, body, headers: { ...headers, authorization }, cache: "no-store" });
    if (answer.status === 401 && !again) {
      held = null;
      continue;
    }
    if (!answer.ok) throw new Refused(await read(answer), answer.status);
    return answer;
  }
}

export async function call(path, options) {
  return (await send(path, options)).json();
}

// A file, saved under the name that the answer gives it.
export async function download(path) {
  const answer = await send(path);
  const told = answer.headers.get("content-disposition") ?? "";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = decodeURIComponent(told.match(/filename\*=UTF-8''([^;]+)/)?.[1] ?? "file");
  link.click();
  URL.revokeObjectURL(link.href);
}

// The version of what stands there, for If-Match.
export async function version_of(path) {
  return (await send(path)).headers.get("etag");
}

export function post(path, told, version) {
  const headers = { "content-type": "application/json", "if-match": `"${version}"` };
  return call(path, { method: "POST", body: JSON.stringify(told), headers });
}

// Every page of a list.
export async function everything(path) {
  const found = [];
  const glue = path.includes("?") ? "&" : "?";
  for (let cursor = ""; cursor !== null; ) {
    const page = await call(`${path}${glue}limit=1000${cursor && "&cursor=" + encodeURIComponent(cursor)}`);
    found.push(...page.items);
    cursor = page.next;
  }
  return found;
}

// A call that tells how far it is: `told` hears of each step; the answer comes at the end.
export async function watch(path, options, told) {
  const headers = { ...options.headers, accept: "text/event-stream" };
  const answer = await send(path, { ...options, headers });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) throw new Refused({ detail: "连接断了。导入可能还在办，请看变更记录后再决定要不要重来" }, 0);
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const [, name, data] = part.match(/^event: (\w+)\ndata: ([^]*)$/) ?? [];
      if (name === "progress") told(JSON.parse(data));
      if (name === "answer") return JSON.parse(data);
      if (name === "problem") throw new Refused(JSON.parse(data));
    }
  }
}
