// What stands before everything else: help, bulk, the end with its summary, a run under way, history.

import { html, nothing } from "./vendor/lit-html.js";
import { bytes, count, KEYS, number, STATES } from "./words.js";

const close = (view, label = "Close") => html`<button @click=${view.close}>${label}</button>`;

export function help(view) {
  return html`<h2>Keys</h2>
    <dl class="keys">${KEYS.map(([key, meaning]) => html`<div><dt>${key}</dt><dd>${meaning}</dd></div>`)}</dl>
    <footer>${close(view)}</footer>`;
}

export function go(view) {
  return html`<form method="dialog" @submit=${view.go}>
    <h2>Go to group</h2>
    <label>Number, 1 to ${number(view.state.groups)}<input name="number" type="number" min="1" max=${view.state.groups} required autofocus></label>
    <footer><button type="button" @click=${view.close}>Back</button><button class="primary">Go</button></footer>
  </form>`;
}

export function bulk(view) {
  const { safe } = view;
  return html`<h2>Accept without a look</h2>
    <p>Of the ${count(view.shown, "group")} in the list, <b>${number(safe.safe)}</b> ${safe.safe === 1 ? "needs" : "need"} no look: all that would go is identical, same-pixels or resaved, and nothing is lost with it.</p>
    <p>Accepting them marks <b>${count(safe.safe_photos, "photo")}</b> to be removed (${bytes(safe.safe_bytes)}). Nothing moves before you finish and agree; <kbd>u</kbd> takes it back.</p>
    <footer>${close(view, "Back")}<button class="primary" autofocus ?disabled=${!safe.safe} @click=${view.acceptSafe}>Accept ${count(safe.safe, "group")}</button></footer>`;
}

/** The end of the review, in four steps: counts and place, summary, run, account. */
export function finish(view) {
  const { run, summary } = view;
  if (run?.running) return running(view);
  if (run) return account(view);
  return summary ? agreed(view) : ending(view);
}

function ending(view) {
  const { state, where } = view;
  const rows = Object.keys(STATES).filter((name) => state.counts[name]);
  return html`<form @submit=${view.summarise}>
    <h2>Finish</h2>
    <ul class="counts">${rows.map((name) => html`<li><b>${number(state.counts[name])}</b> ${STATES[name]}</li>`)}</ul>
    ${state.skipped || state.damaged
      ? html`<p>${count(state.skipped, "file")} skipped, ${number(state.damaged)} perhaps damaged: they stay. <code>dedupe review --html FILE</code> lists them.</p>`
      : nothing}
    ${state.going
      ? html`<fieldset>
          <legend>Where should the ${count(state.going, "accepted photo")} go?</legend>
          <label class="choice"><input type="radio" name="kind" value="trash" .checked=${where.kind === "trash"} @change=${() => view.aim({ kind: "trash" })}> To the trash</label>
          <label class="choice"><input type="radio" name="kind" value="move" .checked=${where.kind === "move"} @change=${() => view.aim({ kind: "move" })}> Into a folder; their folders are kept below it</label>
          ${where.kind === "move" ? html`<label class="folder">Folder, with its full path; it may be new
            <input name="target" required autocomplete="off" spellcheck="false" .value=${where.target} @input=${(event) => view.aim({ target: event.target.value })} placeholder="/home/…/duplicates"></label>` : nothing}
        </fieldset>`
      : html`<p>Nothing is marked to be removed.</p>`}
    ${error(view)}
    <footer>
      <button type="button" @click=${view.close}>Back to the groups</button>
      <button type="button" class="quiet" @click=${view.quit}>Quit</button>
      ${state.going ? html`<button class="primary" ?disabled=${view.busy}>Show what would happen</button>` : nothing}
    </footer>
  </form>`;
}

function agreed(view) {
  const { summary } = view;
  const where = summary.trash ? "to the trash" : html`to <span class="path">${summary.target}</span>`;
  return html`<h2>What will happen</h2>
    ${summary.photos
      ? html`<p class="big"><b>${count(summary.photos, "photo")}</b> (${count(summary.files, "file")}, ${bytes(summary.bytes)}) ${summary.photos === 1 ? "goes" : "go"} ${where}.</p>
        <ul class="counts">${summary.relations.map(([name, many]) => html`<li><b>${number(many)}</b> ${name}</li>`)}</ul>
        ${summary.no_copies.map((said) => html`<p class="error">${said}</p>`)}
        ${summary.carried.map((said) => html`<p>${said}</p>`)}
        <p>A photo goes only while the one that stays has just been read and found unchanged. ${back(summary.undo)}</p>`
      : html`<p class="big">Nothing: no photo is selected that may go.</p>`}
    ${summary.left.length ? html`<ul class="left">${summary.left.map(([reason, many]) => html`<li>${number(many)} skipped: ${reason}.</li>`)}</ul>` : nothing}
    ${summary.unproven ? html`<p class="error">${count(summary.unproven, "accepted photo")} can no longer be proven and stay: scan again.</p>` : nothing}
    ${error(view)}
    <footer>
      <button @click=${view.restart}>Back</button>
      ${summary.photos ? html`<button class="primary danger" autofocus ?disabled=${view.busy} @click=${view.apply}>${summary.trash ? `Move ${count(summary.photos, "photo")} to the trash` : `Move ${count(summary.photos, "photo")}`}</button>` : nothing}
    </footer>`;
}

const back = (undo) => (undo.startsWith("`dedupe undo`") ? "“Put back” on this page, or `dedupe undo`, puts them back." : undo);

function running(view) {
  const { run } = view;
  const verb = run.purpose === "undo" ? "Putting photos back" : "Moving photos";
  return html`<h2>${verb} …</h2>
    <p class="big" aria-live="polite">${number(run.done)}${run.total ? ` of ${number(run.total)}` : ""}</p>
    <progress aria-label=${verb} max=${run.total || 1} value=${run.done}></progress>
    <p>Each move is written down before it happens; stopping, or even pulling the plug, loses nothing.</p>
    <footer><button ?disabled=${run.stopping} @click=${view.stop}>${run.stopping ? "Stopping after this photo …" : "Stop"}</button></footer>`;
}

function account(view) {
  const { run } = view;
  const title = run.code === 0 ? "Done" : run.code === 1 ? "Done, but not all" : run.code === 3 ? "Nothing was touched" : "Stopped";
  return html`<h2>${title}</h2>
    ${run.sentences.map((line) => html`<p>${line}</p>`)}
    ${error(view)}
    <footer>
      ${run.undoable ? html`<button ?disabled=${view.busy} @click=${() => view.undo(run.run)}>Put back</button>` : nothing}
      <button class="quiet" @click=${view.quit}>Quit</button>
      <button class="primary" autofocus @click=${view.close}>Back to the groups</button>
    </footer>`;
}

export function history(view) {
  const runs = view.runs;
  return html`<h2>History</h2>
    ${runs.length
      ? html`<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table class="history">
          <thead><tr><th scope="col">Run</th><th scope="col">When</th><th scope="col">What</th><th scope="col">Photos</th><th scope="col">Size</th><th scope="col"><span class="hidden">Undo</span></th></tr></thead>
          <tbody>${runs.map((run) => html`<tr>
            <td>${run.run}</td><td>${run.began}</td>
            <td>${run.purpose}${run.undoes ? ` of ${run.undoes}` : ""}${run.target ? html` to <span class="path">${run.target}</span>` : nothing}
              ${run.needs_person ? html`<br><span class="error">${number(run.needs_person)} need a person: \`dedupe recover\` says which.</span>` : nothing}</td>
            <td>${number(run.photos)}${run.back ? html`<br><small>${number(run.back)} back</small>` : nothing}</td><td>${bytes(run.bytes)}</td>
            <td>${run.undoable ? html`<button class="small" ?disabled=${view.busy} @click=${() => view.undo(run.run)}>Put back</button>` : html`<small>${run.why_not}</small>`}</td>
          </tr>`)}</tbody></table></div>`
      : html`<p>No photo was moved yet.</p>`}
    ${error(view)}
    <footer>${close(view)}</footer>`;
}

const error = (view) => (view.error ? html`<p class="error" role="alert">${view.error}</p>` : nothing);

export function ended(view) {
  return html`<h2>The review has ended</h2>
    <p>Your decisions are kept. In a terminal, <code>dedupe review --web</code> opens the review again, and <code>dedupe apply</code> acts on it.</p>
    ${view.error ? html`<p>${view.error}</p>` : nothing}`;
}
