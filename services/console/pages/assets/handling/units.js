// Units by their names.
import { everything } from "../ground/api.js";

export async function units() {
  return everything("/grids/v1/units");
}

export async function names_of() {
  const known = new Map((await units()).map((one) => [one.code, one.name]));
  return (code) => (code ? (known.get(code) ?? code) : "未定");
}
