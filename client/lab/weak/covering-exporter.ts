import { type CoverName, drawBox } from "../rigs/minutes-page.ts";

/**
 * WEAK ON PURPOSE: writes the name and draws a black box over it, as word processors do where somebody
 * draws with a marker. The page looks redacted; the file holds every name.
 */
export const coverName: CoverName = (document, { text, boxPt }, at) => {
  document.text(text, at.x, at.y, { lineBreak: false });
  drawBox(document, boxPt, at);
};
