// The panels round the stage, as templates. What is bound into a template is text and never becomes markup.

import { html, nothing } from "./vendor/lit-html.js";
import { MODES } from "./stage.js";
import { bytes, count, MARKS, number, picture, STATES } from "./words.js";

const icon = (name) => html`<svg class="icon" aria-hidden="true"><use href="static/icons.svg#${name}"></use></svg>`;

/** The bar at the top: where we are, what is left, what was freed. */
export function top(view) {
  const { state, at, shown } = view;
  const decided = state.groups - state.left;
  return html`
    <button class="drawer-button" @click=${view.toggleList} aria-expanded=${Boolean(view.listOpen)} aria-controls="list" aria-label="Groups">${icon("list")}<span>Groups</span></button>
    <a class="brand" href="#/g/1" aria-label="dedupe, first group">${icon("logo")}<span>dedupe</span></a>
    <p class="position" aria-live="polite">
      ${view.page === "group" && shown
        ? html`<b>${number(at + 1)}</b> of ${number(shown)}${shown < state.groups ? html` <small>shown of ${number(state.groups)}</small>` : nothing}`
        : nothing}
    </p>
    <div class="progress" role="progressbar" aria-label="Groups decided" aria-valuemin="0" aria-valuemax=${state.groups} aria-valuenow=${decided}>
      <progress max=${state.groups || 1} value=${decided} aria-hidden="true"></progress>
    </div>
    <p class="tally"><span><b>${number(state.left)}</b> left</span><span><b>${bytes(state.freed)}</b> freed so far</span></p>
    <nav aria-label="Review">
      ${state.series ? html`<a class="button quiet" href="#/series" aria-label=${`Series, ${number(state.series)}`}>${icon("series")}<span>Series <small>${number(state.series)}</small></span></a>` : nothing}
      <button class="quiet" @click=${view.history} aria-label="History">${icon("history")}<span>History</span></button>
      <button class="quiet" @click=${view.help} aria-label="Keys and help">${icon("help")}</button>
      <button class="primary" @click=${view.finish}>${icon("done")}<span>Finish<span class="wide"> …</span></span></button>
    </nav>`;
}

/** The filters over the list. */
export function filters(view) {
  const { filter, relations, state, states, safe } = view;
  return html`
    <label class="search">${icon("search")}<span class="hidden">Folder or name</span>
      <input id="words" type="search" placeholder="Folder or name" .value=${filter.words} @input=${(event) => view.setFilter({ words: event.target.value })}></label>
    <div class="selects">
      ${select("Relation", filter.relations, relations.slice(0, 4), (relations) => view.setFilter({ relations }), {})}
      ${select("State", filter.states, states, (states) => view.setFilter({ states }), STATES)}
      ${select("Would lose", filter.loses, ["yes", "no"], (loses) => view.setFilter({ loses }), { yes: "would lose something", no: "loses nothing" })}
      ${select("Order", filter.sort, ["size", "path", "relation"], (sort) => view.setFilter({ sort }), { size: "largest first", path: "by path", relation: "safest first" }, "as found")}
    </div>
    <div class="bulk">
      <button class="quiet" ?disabled=${!safe} @click=${view.bulk}>${icon("accept")}<span>Accept ${number(safe)} without a look</span></button>
      ${view.isFiltered ? html`<button class="quiet" @click=${view.clearFilter}>${icon("close")}<span>All</span></button>` : nothing}
    </div>
    ${state.preferred.length
      ? html`<div class="preferred"><p><small>Copies here stay:</small> ${state.preferred.map((folder) => html`<span class="path">${folder}</span>`)}</p>
          <button class="quiet small" ?disabled=${view.busy || !view.group} @click=${view.preferNone} aria-label="Prefer no folder">${icon("close")}</button></div>`
      : nothing}`;
}

function select(label, value, options, change, words, all = "any") {
  return html`<label><span>${label}</span>
    <select .value=${value || ""} @change=${(event) => change(event.target.value)}>
      <option value="" ?selected=${!value}>${all}</option>
      ${options.map((option) => html`<option value=${option} ?selected=${value === option}>${words[option] ?? option}</option>`)}
    </select></label>`;
}

/** What stands over a pane: which photo it is and what becomes of it. */
export function caption(view, photo, side) {
  return html`<div class="caption" data-mark=${photo.mark}>
    <b>${side}</b> <span class="mark">${MARKS[photo.mark]}</span>
    ${photo.relation ? html`<span class="relation">${photo.relation}</span>` : nothing}
    <span class="name" dir="auto">${photo.name}</span>
    <span class="share">${view.share(side === "B" ? 1 : 0)}</span>
  </div>`;
}

/** How to look: the modes and the zoom. */
export function looks(view) {
  const { mode } = view;
  const button = (name, key, label) => html`
    <button class="mode" aria-pressed=${mode === name} aria-label=${label} title=${`${label} (${key})`} @click=${() => view.look(name)}>${icon(name)}<span>${label}</span></button>`;
  return html`<div class="looks" role="toolbar" aria-label="How to look">
    ${button("side", "v", "Side by side")}${button("flip", "f", "Flip")}${button("wipe", "w", "Wipe")}${view.fits ? button("diff", "d", "Difference") : nothing}
    ${view.hasSeen ? button("seen", "d d", "As compared") : nothing}
    <span class="gap"></span>
    <button class="mode" aria-label="Farther" title="Farther (−)" @click=${() => view.zoom(1 / 1.4)}>${icon("minus")}</button>
    <button class="mode" aria-label="Nearer" title="Nearer (+)" @click=${() => view.zoom(1.4)}>${icon("plus")}</button>
    <button class="mode" aria-pressed=${view.fitting} aria-label="Whole, or pixel for pixel" title="Whole, or pixel for pixel (z)" @click=${view.fitOrPixels}>${icon("fit")}<span>${view.fitting ? "Whole" : "Fit"}</span></button>
    <span class="hidden" aria-live="polite">${MODES[mode]}</span>
  </div>`;
}

/** The decisions on the group. */
export function decisions(view) {
  const { group, state } = view;
  const goes = group.going ? `Accept: remove ${number(group.going)}` : "Accept: remove none";
  const decide = (intent, key, label, name, kind = "") => html`
    <button class=${kind} ?disabled=${view.busy} @click=${() => view.decide(intent)} title=${`${label} (${key})`}>${icon(name)}<span>${label}</span><kbd>${key}</kbd></button>`;
  return html`<div class="decisions" role="toolbar" aria-label="Decide on this group">
    ${decide("accept", "Enter", goes, "accept", "primary")}
    ${decide("keep all", "a", "Keep all", "keep")}
    ${decide("not duplicates", "n", "Not duplicates", "apart")}
    ${decide("skip", "s", "Skip", "skip")}
    <button class="quiet" ?disabled=${!state.undoable || view.busy} @click=${view.back} title="Take the last decision back (u)">${icon("back")}<span>Take back</span></button>
  </div>`;
}

/** More than two photos: all of them in a row. */
export function filmstrip(view) {
  const { group, cursor } = view;
  if (group.photos.length < 3) return nothing;
  return html`<div class="filmstrip" role="group" aria-label="Photos of this group">
    ${group.photos.map((photo) => html`
      <button aria-pressed=${photo.place === cursor} data-mark=${photo.mark} @click=${() => view.point(photo.place)} aria-label=${`Photo ${photo.place + 1}, ${MARKS[photo.mark]}: ${photo.name}`}>
        ${picture(`img/${group.number}/${photo.place}/preview`, view.turn)}<span>${photo.place + 1} ${MARKS[photo.mark]}</span>
      </button>`)}
  </div>`;
}

/** The side: what becomes of each photo, and in what the two compared differ. */
export function facts(view) {
  const { group, pair } = view;
  return html`
    <section class="outcome">
      <h2>${count(group.photos.length, "photo")}
        ${group.state !== "open" ? html`<span class="state">✓ ${STATES[group.state]}</span>` : nothing}</h2>
      <p class="reason">Kept: ${group.reason}.${group.going ? html` Removing ${count(group.going, "photo")} frees ${bytes(group.frees)}.` : nothing}</p>
      <ul class="tree">${branch(view, null)}</ul>
    </section>
    ${pair[1].loses.length
      ? html`<section class="loses"><h3>${icon("warn")}Would be lost with B</h3><ul>${pair[1].loses.map((loss) => html`<li>${loss}</li>`)}</ul></section>`
      : nothing}
    ${pair[1].carried ? html`<p class="remark">${pair[1].carried}</p>` : nothing}
    ${pair[1].rescuable && !pair[1].carried
      ? html`<p class="remark">It stays only for what it says. <button class="small" ?disabled=${view.busy} @click=${() => view.rescue(pair[1].place)}>Carry it over</button> writes that into a sidecar (.xmp) beside the photo that stays, when you finish.</p>`
      : nothing}
    ${pair[1].remark ? html`<p class="remark">${pair[1].remark}</p>` : nothing}
    ${view.fits ? nothing : html`<p class="remark">How B lies on A is not known, so no difference is shown. A new scan finds it out.</p>`}
    ${table(view, pair)}`;
}

function branch(view, parent) {
  return view.group.photos
    .filter((photo) => photo.parent === parent)
    .map((photo) => {
      const below = branch(view, photo.place);
      return html`<li>${leaf(view, photo)}${below.length ? html`<ul>${below}</ul>` : nothing}</li>`;
    });
}

function leaf(view, photo) {
  const { group, cursor } = view;
  const isKept = photo.mark === "keep";
  return html`<div class="leaf" data-mark=${photo.mark} aria-current=${photo.place === cursor}>
    <button class="pick" @click=${() => view.point(photo.place)} aria-label=${`Show photo ${photo.place + 1}: ${photo.name}`}>
      ${picture(`img/${group.number}/${photo.place}/preview`, view.turn)}
      <span class="what"><b>${photo.place + 1}</b> <span class="mark">${MARKS[photo.mark]}</span>${photo.relation ? html` <span class="relation">${photo.relation}</span>` : nothing}
        ${photo.loses.length ? html`<span class="loss" title="Something would be lost">${icon("warn")}<span class="hidden">would lose something</span></span>` : nothing}</span>
      <span class="name" dir="auto">${photo.name}</span>
      <span class="size">${bytes(photo.bytes)} · ${photo.width} × ${photo.height}</span>
    </button>
    <span class="acts">
      ${isKept || photo.mark === "away" ? nothing : html`
        <button class="small" ?disabled=${view.busy || !photo.free} @click=${() => view.toggle(photo.place)}
          aria-label=${photo.mark === "remove" ? `Let photo ${photo.place + 1} stay` : `Remove photo ${photo.place + 1}`}>${photo.mark === "remove" ? "Let it stay" : "Remove"}</button>
        <button class="small" ?disabled=${view.busy} @click=${() => view.keep(photo.place)} aria-label=${`Keep photo ${photo.place + 1} instead`}>Keep this</button>
        <button class="small" ?disabled=${view.busy} @click=${() => view.prefer(photo.place)} title="In all open groups, of the same picture, keep the copy in this folder (p)"
          aria-label=${`Prefer the folder of photo ${photo.place + 1}`}>Prefer its folder</button>`}
    </span>
  </div>`;
}

/** A text that may be broken behind each separator of folders. */
const broken = (text) => (text ? text.split("/").map((part, n) => html`${n ? html`/<wbr>` : nothing}${part}`) : "–");

const LONG = 26;

/** The two values of a row; beneath each other where one of them is long. */
function values({ left, right, differs }) {
  if (!differs) return html`<td colspan="2">${broken(left)}</td>`;
  if (Math.max(left.length, right.length) <= LONG) return html`<td>${broken(left)}</td><td>${broken(right)}</td>`;
  return html`<td colspan="2" class="long"><p><b>A</b> <bdi>${broken(left)}</bdi></p><p><b>B</b> <bdi>${broken(right)}</bdi></p></td>`;
}

const ALWAYS = new Set(["NAME", "FOLDER", "BYTES"]);

function table(view, [a, b]) {
  const [one, other] = [a, b].map((photo) => new Map(photo.facts.map(([kind, label, value]) => [kind, [label, value]])));
  const order = ["NAME", "FOLDER", "BYTES", ...one.keys(), ...other.keys()];
  const rows = [...new Set(order)].map((kind) => {
    const [left, right] = [one.get(kind)?.[1] ?? "", other.get(kind)?.[1] ?? ""];
    return { kind, label: (one.get(kind) ?? other.get(kind))[0], left, right, differs: left !== right };
  });
  rows.sort((x, y) => y.differs - x.differs);
  const shown = rows.filter((row) => row.differs || view.all || ALWAYS.has(row.kind));
  const hidden = rows.length - shown.length;
  return html`
    <section class="compared">
      <table>
        <caption class="hidden">Facts of the two photos, those that differ first</caption>
        <thead><tr><td></td><th scope="col">A</th><th scope="col">B</th></tr></thead>
        <tbody>${shown.map((row) => html`
          <tr class=${row.differs ? "differs" : ""}>
            <th scope="row">${row.differs ? html`<span title="differs">≠<span class="hidden"> differs: </span></span> ` : nothing}${row.label}</th>
            ${values(row)}
          </tr>`)}</tbody>
      </table>
      ${hidden || view.all ? html`<button class="quiet small" aria-expanded=${view.all} @click=${view.more}>${view.all ? "Only what differs" : `Show ${hidden} more that are the same`} <kbd>m</kbd></button>` : nothing}
    </section>`;
}

/** Nothing fits the filter, or there is nothing. */
export function empty(view) {
  return html`<div class="empty">
    <h2>${view.state.groups ? "No group fits the filter" : "No duplicates"}</h2>
    <p>${view.state.groups ? "Take a part of it away, or show all groups." : "The last scan found no duplicates."}</p>
    ${view.isFiltered ? html`<button class="primary" @click=${view.clearFilter}>Show all groups</button>` : nothing}
    ${!view.state.groups && view.state.series ? html`<a class="button" href="#/series">Look at ${number(view.state.series)} series</a>` : nothing}
  </div>`;
}
