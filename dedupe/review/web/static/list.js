// The list of groups: any number of them, some dozens of rows.

import { bytes, count, STATES } from "./words.js";

const ROW = 68;
const AHEAD = 3;

/** Draws the rows that can be seen into `root`, and tells `choose` which group a person takes. */
export class GroupList {
  constructor(root, choose) {
    this.root = root;
    this.choose = choose;
    this.rows = [];
    this.numbers = [];
    this.current = -1;
    root.setAttribute("role", "listbox");
    root.setAttribute("aria-label", "Groups");
    root.tabIndex = 0;
    this.inside = root.appendChild(document.createElement("div"));
    this.inside.className = "rows";
    this.inside.setAttribute("role", "presentation");
    root.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(root);
    this.inside.addEventListener("click", (event) => {
      const row = event.target.closest("[data-at]");
      if (row) choose(this.numbers[Number(row.dataset.at)]);
    });
  }

  /** The index of all groups, and which of them are shown. */
  fill(index, numbers) {
    this.index = index;
    this.numbers = numbers;
    this.positions = new Map(numbers.map((number, at) => [number, at]));
    this.inside.style.height = `${numbers.length * ROW}px`;
    this.drawn = "";
    this.draw();
  }

  /** Mark a group and bring it into sight. */
  mark(number) {
    this.current = number;
    const at = this.positions?.get(number);
    if (at !== undefined) {
      const top = at * ROW;
      const { scrollTop, clientHeight } = this.root;
      if (top < scrollTop + ROW) this.root.scrollTop = Math.max(0, top - ROW);
      else if (top + 2 * ROW > scrollTop + clientHeight) this.root.scrollTop = top + 2 * ROW - clientHeight;
    }
    this.drawn = "";
    this.draw();
  }

  /** Rows have changed. */
  changed() {
    this.drawn = "";
    this.draw();
  }

  draw() {
    if (!this.index) return;
    const last = Math.min(this.numbers.length, Math.ceil((this.root.scrollTop + this.root.clientHeight) / ROW) + AHEAD);
    // A list that has just become shorter may still be scrolled beyond its end.
    const first = Math.min(last, Math.max(0, Math.floor(this.root.scrollTop / ROW) - AHEAD));
    if (this.drawn === `${first}-${last}`) return;
    this.drawn = `${first}-${last}`;
    while (this.rows.length < last - first) this.rows.push(this.newRow());
    while (this.rows.length > last - first) this.rows.pop().element.remove();
    this.root.removeAttribute("aria-activedescendant");
    this.rows.forEach((row, n) => this.fillRow(row, first + n));
  }

  newRow() {
    const element = this.inside.appendChild(document.createElement("div"));
    element.className = "row";
    element.setAttribute("role", "option");
    const picture = element.appendChild(new Image());
    picture.alt = "";
    picture.decoding = "async";
    const [name, folder, facts] = ["b", "span", "small"].map((tag) => element.appendChild(document.createElement(tag)));
    name.dir = "auto";
    return { element, picture, name, folder, facts };
  }

  fillRow(row, at) {
    const number = this.numbers[at];
    const { columns, folders, states, relations } = this.index;
    const state = states[columns.state[number]];
    const element = row.element;
    element.style.transform = `translateY(${at * ROW}px)`;
    element.dataset.at = at;
    element.dataset.state = state;
    element.id = `row-${number}`;
    element.setAttribute("aria-posinset", at + 1);
    element.setAttribute("aria-setsize", this.numbers.length);
    const isCurrent = number === this.current;
    element.setAttribute("aria-selected", isCurrent);
    if (isCurrent) this.root.setAttribute("aria-activedescendant", element.id);
    const source = `img/${number}/0/preview`;
    if (row.picture.getAttribute("src") !== source) {
      row.picture.classList.remove("missing");
      row.picture.removeAttribute("src"); // else the picture before stays in sight until the new one is there
      row.picture.src = source;
    }
    row.name.textContent = columns.name[number];
    row.folder.textContent = folders[columns.folder[number]];
    const said = relations.filter((_, bit) => columns.relation[number] & (1 << bit));
    const facts = [count(columns.photos[number], "photo"), bytes(columns.kilobytes[number] * 1000), said.join(", ")];
    row.facts.textContent = (state === "open" ? "" : `✓ ${STATES[state]} · `) + facts.join(" · ");
  }
}
