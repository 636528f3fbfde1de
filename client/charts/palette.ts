/**
 * Colours of every chart. They stand in attributes, so that a chart needs no style sheet under a strict
 * policy; the page may override each by its variable, and the fallback serves a saved picture.
 * Text contrast is at least 5:1 on the page colour of the same scheme.
 */
export const palette = {
  ink: "var(--ink, #16202c)",
  quiet: "var(--quiet, #55606c)",
  rule: "var(--rule, #c9d0d8)",
  leak: "var(--leak, #b3261e)",
  leakLine: "var(--leak-line, #ffffff)",
  leakWash: "var(--leak-wash, #f9eceb)",
  stored: "var(--stored, #8a5300)",
  storedLine: "var(--stored-line, #ffffff)",
  sealed: "var(--sealed, #cfe6dd)",
  sealedEdge: "var(--sealed-edge, #11674d)",
  gone: "var(--gone, #ffffff)",
} as const;

/** The values of the palette's variables in a dark page; the light ones are the fallbacks above. */
export const darkPalette: Readonly<Record<string, string>> = {
  "--ink": "#eef2f6",
  "--quiet": "#b3bdc8",
  "--rule": "#47525e",
  "--leak": "#ff8a80",
  "--leak-line": "#3a0d0a",
  "--leak-wash": "#3a2022",
  "--stored": "#f2b84b",
  "--stored-line": "#3b2600",
  "--sealed": "#1d4a3c",
  "--sealed-edge": "#6fd1ad",
  "--gone": "#1c232b",
  "--s1": "#56b4e9",
  "--s2": "#ff9c5b",
  "--s3": "#4fd0a5",
  "--s4": "#e59fd0",
  "--s5": "#f0d56a",
  "--s6": "#c3ced9",
};

export const fontFamily = "Inter, system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";
