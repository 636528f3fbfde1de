import { assert, Failure } from "#shared/failure.ts";
import type { Parameter, Parameters, Settled } from "./reference.ts";

/**
 * A reference's parameters with `key=value` changes. Failure `usage` for a key that it does not have, or a
 * value that is no number where a number stands.
 */
export function settle(name: string, parameters: Parameters, changes: readonly string[]): Settled {
  const all: Record<string, Parameter> = { ...parameters };
  const changed = new Set<string>();
  for (const change of changes) {
    const at = change.indexOf("=");
    const key = at < 0 ? change : change.slice(0, at);
    // Own names alone: `constructor` is no parameter.
    const known = Object.hasOwn(parameters, key) ? parameters[key] : undefined;
    if (known === undefined) {
      const keys = Object.keys(parameters).join(", ");
      throw new Failure("usage", `${name} has no parameter "${key}"; there are ${keys}`);
    }
    if (at < 0) throw new Failure("usage", `${key}: expected ${key}=value`);
    all[key] = {
      ...known,
      value: valueFrom(key, change.slice(at + 1), known.value),
      source: "set here",
    };
    changed.add(key);
  }
  const find = (key: string): Parameter => {
    const found = all[key];
    assert(found !== undefined, `${name} lists its parameter ${key}`);
    return found;
  };
  return {
    all,
    changed,
    number(key) {
      const { value } = find(key);
      assert(typeof value === "number", `${key} is a number`);
      return value;
    },
    text: (key) => String(find(key).value),
  };
}

function valueFrom(key: string, text: string, like: number | string): number | string {
  if (typeof like === "string") return text;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new Failure("usage", `${key}=${text}: expected a number`);
  }
  return value;
}
