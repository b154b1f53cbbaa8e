// What makes the form easier: one sending, smaller photos, a point on the map. Without it the form works all the same.
import { shrink } from "./photos.js";

const form = document.getElementById("report");
const send = document.getElementById("send");
document.getElementById("faults")?.focus();

form.addEventListener("submit", () => {
  send.disabled = true;
  send.textContent = "正在提交……";
});
// Back to this page by the browser's own button: it may be sent again, and is still one order.
window.addEventListener("pageshow", () => {
  send.disabled = false;
  send.textContent = "提交";
});

const anonymous = document.getElementById("anonymous");
const contacts = ["name", "phone"].map((id) => document.getElementById(id));
const follow = () => contacts.forEach((field) => (field.disabled = anonymous.checked));
anonymous.addEventListener("change", follow);
follow();

const photos = document.getElementById("photos");
if (photos) shrink(photos, document.getElementById("previews"), document.getElementById("photos-said"), send);

// The map is the console's; while it is away there is the address.
import("./map.js").then((map) => map.open()).catch(() => {});
