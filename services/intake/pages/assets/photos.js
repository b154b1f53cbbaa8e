// Photos made small enough to send from a street corner, shown with a button to take each away again.
const SIDE = 2000;
const SMALL = 1_000_000;

export function shrink(input, previews, said, send) {
  const most = Number(input.dataset.most);
  const bytes = Number(input.dataset.bytes);
  let chosen = [];

  input.addEventListener("change", async () => {
    send.disabled = true;
    said.textContent = "正在处理照片……";
    const made = await Promise.all([...input.files].map(smaller));
    said.textContent = "";
    send.disabled = false;
    // Choosing anew adds: a phone's camera gives one at a time.
    chosen = [...chosen, ...made];
    if (chosen.length > most) said.textContent = `最多 ${most} 张，只留了前 ${most} 张。`;
    chosen = chosen.slice(0, most);
    show();
  });

  function show() {
    const held = new DataTransfer();
    chosen.forEach((file) => held.items.add(file));
    input.files = held.files;
    if (chosen.reduce((sum, file) => sum + file.size, 0) > bytes) {
      said.textContent = `照片合起来超过 ${Math.floor(bytes / 1048576)} MB，请去掉几张。`;
    }
    previews.querySelectorAll("img").forEach((image) => URL.revokeObjectURL(image.src));
    previews.replaceChildren(...chosen.map(preview));
  }

  function preview(file, place) {
    const item = document.createElement("li");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(file);
    image.alt = `第 ${place + 1} 张照片`;
    const away = document.createElement("button");
    away.type = "button";
    away.textContent = "×";
    away.setAttribute("aria-label", `去掉第 ${place + 1} 张照片`);
    away.addEventListener("click", () => {
      chosen = chosen.filter((one) => one !== file);
      said.textContent = "";
      show();
      input.focus();
    });
    item.append(image, away);
    return item;
  }
}

// What this browser can't draw (HEIC on many) goes as it is.
async function smaller(file) {
  if (file.size <= SMALL || !/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return made && made.size < file.size ? new File([made], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}
