// A grid's card over whatever map it was clicked on. The server draws it; the same words are a page of their own.
export async function open_card(overlay, code) {
  const address = `/ground/${encodeURIComponent(overlay)}/${encodeURIComponent(code)}`;
  const dialog = document.createElement("dialog");
  dialog.className = "card-dialog";
  dialog.setAttribute("aria-label", "网格卡片");
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "关闭";
  close.addEventListener("click", () => dialog.close());
  const inside = document.createElement("div");
  inside.textContent = "正在取……";
  dialog.append(close, inside);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  try {
    const answer = await fetch(address + "?bare=true");
    if (answer.redirected) return location.assign(answer.url);
    inside.innerHTML = await answer.text(); // from our own template, which escapes what is put into it
  } catch {
    inside.textContent = "连不上服务器，请检查网络后再试";
  }
}

// Links to cards open over the page; without scripts, or in a new tab, they lead to the page.
export function cards_over(place) {
  place.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-grid]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open_card(link.dataset.overlay, link.dataset.grid);
  });
}
