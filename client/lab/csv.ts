/** Rows as CSV (RFC 4180), with a head; a cell that a spreadsheet would take for a formula is quoted as text. */
export function csv(
  head: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  return `${[head, ...rows].map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
