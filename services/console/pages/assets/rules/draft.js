// What has been changed and not yet published stays in this browser, also over a reload and between the pages.
const KEY = "duoge.rules.draft";

export function held() {
  try {
    const draft = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(draft?.rows) && Array.isArray(draft.examples) ? draft : null;
  } catch {
    return null;
  }
}

export function keep(draft) {
  try {
    localStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // A browser that keeps nothing still has the page.
  }
}

export const drop = () => localStorage.removeItem(KEY);
