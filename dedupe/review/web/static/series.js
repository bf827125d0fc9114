// Series: different shots of one scene, to be looked at side by side. Nothing is chosen beforehand; a shot leaves only by a word on its own set.

import { html, nothing, render } from "./vendor/lit-html.js";
import { get, post } from "./api.js";
import { bytes, count, number, picture } from "./words.js";

export class SeriesPage {
  constructor(root, hooks) {
    this.root = root;
    this.hooks = hooks;
    this.large = undefined;
    this.turn = false;
  }

  async open(which) {
    const mine = (this.opening = (this.opening ?? 0) + 1);
    this.which = which;
    this.large = undefined;
    this.one = undefined; // until the new set is there, a key must not reach the one before
    this.waiting = true;
    this.turn = !this.turn;
    this.draw();
    try {
      const index = await get("api/series");
      const one = which === undefined || !index.series[which] ? undefined : await get(`api/series/${which}`);
      if (mine !== this.opening) return;
      Object.assign(this, { index, one });
    } finally {
      if (mine === this.opening) {
        this.waiting = false;
        this.draw();
      }
    }
  }

  draw() {
    render(this.waiting ? this.wait() : this.one ? this.single() : this.overview(), this.root);
  }

  wait() {
    return html`<div class="series-page"><header>
      <p><a href="#/series">All series</a></p>
      <h2>Series</h2><p role="status">${this.which === undefined ? "Loading …" : "The shots are read and compared …"}</p></header></div>`;
  }

  overview() {
    if (!this.index) return html`<div class="series-page"><p>The series could not be loaded.</p></div>`;
    return html`<div class="series-page">
      <header><h2>Series</h2><p>Different shots of one scene: bursts, brackets, a second try. None of them is a duplicate, so dedupe selects none. Here you can say, set by set, which ones stay.</p></header>
      <ul class="series-list">${this.index.series.map((one) => html`<li><a href=${`#/series/${one.number + 1}`}>
        <img src=${`series/${one.number}/0/preview`} alt="" loading="lazy"><b>${one.name}</b><span>${one.folder}</span><small>${count(one.photos, "photo")}${one.decided ? " · decided" : ""}</small></a></li>`)}</ul>
    </div>`;
  }

  single() {
    const { photos, goes, decided } = this.one;
    const picked = new Set(this.one.picked);
    const others = photos.filter((photo) => !picked.has(photo.place));
    return html`<div class="series-page">
      <header>
        <p><a href="#/series">All series</a> · ${number(this.which + 1)} of ${number(this.index.series.length)}
          ${this.which > 0 ? html` · <a href=${`#/series/${this.which}`}>Back</a>` : nothing}
          ${this.which + 1 < this.index.series.length ? html` · <a href=${`#/series/${this.which + 2}`}>Next</a>` : nothing}</p>
        <h2>${count(photos.length, "shot")} of one scene</h2>
        <p class="kind">${this.one.kind}. ${this.one.why}</p>
        <p>Tick the ones that stay. The sharpness compares the part that all shots show: 100 is the sharpest of them.</p>
      </header>
      <ul class="shots">${photos.map((photo) => html`<li data-picked=${picked.has(photo.place)}>
        <button class="shot" @click=${() => this.enlarge(photo.place)} aria-label=${`Look at ${photo.name}`}>${picture(`series/${this.which}/${photo.place}/preview`, this.turn)}</button>
        <b>${photo.name}${photo.place === this.one.suggested ? html` <small class="suggested">suggested</small>` : nothing}${photo.away ? " · moved away" : decided && goes.includes(photo.place) ? " · will go" : ""}</b><span class="path">${photo.path}</span>
        <dl>
          ${photo.look
            ? html`<div><dt>Sharpness</dt><dd>${photo.look.sharpness === null ? "not compared" : Math.round(photo.look.sharpness)}</dd></div>
              <div><dt>Brightness</dt><dd>${Math.round(photo.look.brightness)} %${photo.look.clipped ? ` · ${photo.look.clipped}` : ""}</dd></div>`
            : nothing}
          ${photo.facts.filter(([kind]) => kind === "EXPOSURE").map(([, label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
          <div><dt>Taken</dt><dd>${photo.facts.find(([kind]) => kind === "TAKEN")?.[2] ?? "–"}</dd></div>
          <div><dt>Size</dt><dd>${bytes(photo.bytes)} · ${photo.width} × ${photo.height}</dd></div>
        </dl>
        <label class="pick-shot"><input type="checkbox" .checked=${picked.has(photo.place)} @change=${(event) => this.pick(photo.place, event.target.checked)}> Stays</label>
      </li>`)}</ul>
      ${decided
        ? html`<section class="others"><h3>${goes.length ? `${count(goes.length, "shot")} will go when you finish` : "All of them stay"}</h3>
            <p>${goes.length ? "They are no copies: no photo that stays shows the same moment. " : ""}Nothing moves before you finish and agree.</p>
            <p><button @click=${() => this.say([])}>Take it back</button></p></section>`
        : nothing}
      ${!decided && picked.size && others.length
        ? html`<section class="others"><h3>Not ticked: ${count(others.length, "photo")}</h3>
            ${this.one.whole
              ? html`<p>They stay: the shots are parts of one picture.</p>`
              : html`<p>They stay where they are unless you let them go. They are no copies: no photo that stays shows the same moment.</p>
                <p><button class="danger" @click=${() => this.say([...picked])}>Let the other ${count(others.length, "shot")} go</button></p>`}
            <textarea readonly rows=${Math.min(others.length, 8)} aria-label="Paths of the photos that were not picked">${others.map((photo) => photo.path).join("\n")}</textarea></section>`
        : nothing}
      ${this.large === undefined
        ? nothing
        : html`<div class="large" role="dialog" aria-label="Large view" @click=${() => this.enlarge(undefined)}>
            ${picture(`series/${this.which}/${this.large}/view`, this.large % 2, photos[this.large].name)}<p>${photos[this.large].name} · ${this.large + 1} of ${photos.length}</p></div>`}
    </div>`;
  }

  enlarge(place) {
    this.large = place;
    this.draw();
  }

  async pick(place, wanted) {
    const one = this.one;
    const picked = new Set(one.picked);
    if (wanted) picked.add(place);
    else picked.delete(place);
    try {
      const body = { scan: one.scan, picked: [...picked].sort((x, y) => x - y) };
      const answer = await post(`api/series/${this.which}`, body);
      Object.assign(one, { picked: answer.picked, decided: answer.decided, goes: answer.goes });
      this.hooks.changed(answer);
    } catch (error) {
      this.hooks.fail(error);
    }
    this.draw();
  }

  /** The shots of this set that stay, so that the others may leave; none takes the word back. */
  async say(stays) {
    const one = this.one;
    try {
      const answer = await post(`api/series/${this.which}/word`, { scan: one.scan, stays: stays.sort((x, y) => x - y) });
      Object.assign(one, { decided: answer.decided, goes: answer.goes });
      this.hooks.changed(answer);
    } catch (error) {
      this.hooks.fail(error);
    }
    this.draw();
  }

  /** Whether the key was meant for this page. */
  pressed(name) {
    if (!this.one) return false;
    const last = this.one.photos.length;
    if (this.large !== undefined) {
      if (name === "Escape") this.enlarge(undefined);
      else if (name === "left" || name === "up") this.enlarge((this.large + last - 1) % last);
      else if (name === "right" || name === "down") this.enlarge((this.large + 1) % last);
      else if (name === "k" || name === " ") this.pick(this.large, !this.one.picked.includes(this.large));
      else return false;
      return true;
    }
    if (name === "left" && this.which > 0) location.hash = `#/series/${this.which}`;
    else if (name === "right" && this.which + 1 < this.index.series.length) location.hash = `#/series/${this.which + 2}`;
    else if (/^[1-9]$/.test(name) && Number(name) <= last) this.pick(Number(name) - 1, !this.one.picked.includes(Number(name) - 1));
    else return false;
    return true;
  }
}
