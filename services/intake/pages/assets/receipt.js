// The address of this page, to keep: the code alone is long to copy by hand.
const copy = document.getElementById("copy");
if (navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.origin + location.pathname);
      copy.textContent = "已复制";
    } catch {
      copy.textContent = "复制不了";
    }
  });
}
// Of `?new=1` nothing is left when the page is kept as a bookmark or loaded again.
if (location.search) history.replaceState(null, "", location.pathname);
document.querySelectorAll("form").forEach((form) =>
  form.addEventListener("submit", () => form.querySelector("button[type=submit]").setAttribute("aria-disabled", "true")),
);
