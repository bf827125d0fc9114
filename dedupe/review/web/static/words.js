// Figures and words for people, the same as on the terminal; and how a picture stands in a template.

import { html } from "./vendor/lit-html.js";

export function bytes(count) {
  let value = count;
  for (const symbol of ["B", "kB", "MB", "GB", "TB", "PB"]) {
    if (Math.abs(value) < 999.5 || symbol === "PB") {
      if (symbol === "B") return `${count} B`;
      const digits = Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
      return `${value.toFixed(digits)} ${symbol}`;
    }
    value /= 1000;
  }
}

export const number = (count) => count.toLocaleString("en-US");

export const count = (n, noun, plural = `${noun}s`) => `${number(n)} ${n === 1 ? noun : plural}`;

/**
 * A picture as a template. An image whose address changes shows the picture before until the new one has come; with the
 * other `turn` it is another element, which begins empty.
 */
export const picture = (source, turn, alt = "") =>
  turn ? html`<img src=${source} alt=${alt} decoding="async">` : html`<img src=${source} decoding="async" alt=${alt}>`;

export const STATES = {
  open: "open",
  accepted: "accepted",
  skipped: "skipped",
  "keep all": "all kept",
  "not duplicates": "not duplicates",
};

export const MARKS = {
  keep: "keep",
  remove: "remove",
  stays: "stays",
  unproven: "unproven",
  away: "moved away",
};

export const KEYS = [
  ["Enter", "accept: what is marked “remove” goes at the end, and on to the next group"],
  ["1 … 9", "keep that photo instead; k keeps the marked one"],
  ["↑ ↓", "mark a photo; it is shown beside the one that it is a copy of"],
  ["Space", "let the marked photo go, or let it stay"],
  ["a", "keep all photos of this group"],
  ["p", "prefer the marked photo's folder in all open groups: of the same picture the copy there stays; P prefers none"],
  ["r", "carry over what only the marked copy says, so that it can go"],
  ["n", "these are not duplicates; they are never shown as such again"],
  ["s", "skip: nothing of this group goes this time"],
  ["u", "take the last decision back"],
  ["b ← →", "back or on to another group without deciding; Home and End: first and last"],
  ["g", "go to a group by its number"],
  ["v", "both photos side by side"],
  ["f", "flip between the two in place"],
  ["w", "wipe from one to the other"],
  ["d", "difference; once more: the difference that the comparison saw"],
  ["z", "the whole photo, or pixel for pixel"],
  ["+ −", "nearer, farther; Shift and arrows move the picture"],
  ["m", "show also what is the same in both"],
  ["/", "filter the list"],
  ["o", "open the two compared photos in the system's viewer"],
  ["A", "accept what needs no look, in the groups that the list shows"],
  ["q", "finish: see what would happen; nothing is done before you agree"],
  ["?", "this list"],
];
