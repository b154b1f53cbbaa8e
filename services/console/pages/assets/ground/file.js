// A place to drop a file on, or to pick one with; the field itself keeps it reachable by keyboard.
export class FileField {
  constructor(drop, input, name, changed) {
    this.input = input;
    this.name = name;
    this.empty = name.textContent;
    this.changed = changed;
    this.file = null;
    input.addEventListener("change", () => this.take(input.files[0] ?? null));
    for (const kind of ["dragenter", "dragover"])
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("over");
      });
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      this.take(event.dataTransfer.files[0] ?? null);
    });
  }

  take(file) {
    this.file = file;
    this.name.textContent = file ? `${file.name}（${size(file.size)}）` : this.empty;
    this.changed();
  }
}

function size(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} KB`;
}
