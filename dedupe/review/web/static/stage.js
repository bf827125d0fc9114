// The stage: two photos in one scene, so that the same place of the scene lies under the same place of the screen,
// whatever their sizes, crops and turns. Everything is placed by one viewport: the scene point in the middle, and pixels of
// the screen for a pixel of the scene.

import { apply, box, compose, css, identity, invert, scaleOf, union } from "./geometry.js";

const VIEW_SIDE = 2048;
const TILE = 1024;
const MOST_TILES = 24;
const SETTLE_MS = 140;

export const MODES = { side: "side by side", flip: "flip", wipe: "wipe", diff: "difference", seen: "what the comparison saw" };

/** One photo on the stage: its preview at once, its view soon, tiles of the original where they show more. */
class Layer {
  constructor() {
    this.wrap = document.createElement("div");
    this.wrap.className = "wrap";
    this.frame = this.wrap.appendChild(document.createElement("div"));
    this.frame.className = "frame";
    this.tiles = new Map();
  }

  show(photo, scene) {
    const same = this.photo?.url === photo.url;
    this.photo = photo;
    this.scene = scene;
    if (same) return;
    this.tiles.clear();
    clearTimeout(this.timer);
    this.frame.replaceChildren();
    this.frame.style.width = `${photo.width}px`;
    this.frame.style.height = `${photo.height}px`;
    this.sharp = false;
    this.failed = "";
    this.add(`${photo.url}/preview`, "preview").alt = photo.alt;
    this.timer = setTimeout(() => this.sharpen(photo), SETTLE_MS);
  }

  add(source, kind) {
    const image = new Image();
    image.alt = "";
    image.draggable = false;
    image.decoding = "async";
    image.className = kind;
    image.src = source;
    this.frame.append(image);
    return image;
  }

  async sharpen(photo) {
    const image = new Image();
    image.src = `${photo.url}/view`;
    try {
      await image.decode();
    } catch {
      if (this.photo.url === photo.url) this.tell(photo);
      return;
    }
    if (this.photo.url !== photo.url) return;
    image.alt = "";
    image.draggable = false;
    image.className = "view";
    this.frame.append(image);
    this.sharp = true;
    this.onsharp?.();
  }

  /** Why there is no large picture: asked for once more as text. */
  async tell(photo) {
    try {
      const answer = await fetch(`${photo.url}/view`, { cache: "no-store" });
      if (answer.ok) return;
      this.failed = (await answer.json()).error;
    } catch {
      this.failed = "";
    }
    this.onfail?.();
  }

  /** The edge of the photo on the screen, for CSS. */
  outline() {
    if (!this.photo || !this.map) return "none";
    const { width, height } = this.photo;
    const corners = [[0, 0], [width, 0], [width, height], [0, height]].map((corner) => apply(this.map, corner));
    return `polygon(${corners.map(([x, y]) => `${x.toFixed(1)}px ${y.toFixed(1)}px`).join(", ")})`;
  }

  place(viewport, ratio) {
    this.map = compose(viewport.map, this.scene);
    this.frame.style.transform = css(this.map);
    const scale = scaleOf(this.map);
    this.frame.dataset.near = scale * ratio >= 3;
    this.wantsTiles = this.photo && Math.max(this.photo.width, this.photo.height) > VIEW_SIDE && this.sharp
      && scale * ratio > (VIEW_SIDE / Math.max(this.photo.width, this.photo.height)) * 1.05;
  }

  /** Tiles of what can be seen of the photo in a pane of this size, the middle first. */
  tile(width, height) {
    if (!this.wantsTiles) {
      for (const image of this.tiles.values()) image.remove();
      this.tiles.clear();
      return;
    }
    const back = invert(this.map);
    const [left, top, right, bottom] = box(back, width, height);
    const [x, y] = apply(back, [width / 2, height / 2]);
    const wanted = [];
    for (let row = Math.max(0, Math.floor(top / TILE)); row * TILE < Math.min(bottom, this.photo.height); row++)
      for (let column = Math.max(0, Math.floor(left / TILE)); column * TILE < Math.min(right, this.photo.width); column++)
        wanted.push([column, row, Math.hypot((column + 0.5) * TILE - x, (row + 0.5) * TILE - y)]);
    wanted.sort((one, other) => one[2] - other[2]);
    const chosen = wanted.slice(0, MOST_TILES);
    const keys = new Set(chosen.map(([column, row]) => `${column}/${row}`));
    for (const [key, image] of this.tiles)
      if (!keys.has(key)) {
        image.remove();
        this.tiles.delete(key);
      }
    // The newest order is made first: the middle comes last.
    for (const [column, row] of chosen.reverse()) {
      const key = `${column}/${row}`;
      if (this.tiles.has(key)) continue;
      const image = this.add(`${this.photo.url}/tile/${key}`, "tile");
      image.style.left = `${column * TILE}px`;
      image.style.top = `${row * TILE}px`;
      image.style.width = `${Math.min(TILE, this.photo.width - column * TILE)}px`;
      image.style.height = `${Math.min(TILE, this.photo.height - row * TILE)}px`;
      image.addEventListener("error", () => image.remove());
      this.tiles.set(key, image);
    }
  }
}

/** Two panes, two layers, one viewport. */
export class Stage {
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.mode = "side";
    this.front = 1;
    this.wiped = 0.5;
    this.panes = [0, 1].map(() => {
      const pane = root.appendChild(document.createElement("div"));
      pane.className = "pane";
      return pane;
    });
    this.layers = [new Layer(), new Layer()];
    this.layers.forEach((layer) => {
      layer.onsharp = () => this.place();
      layer.onfail = () => changed();
    });
    this.seen = this.differing("");
    this.handle = this.panes[0].appendChild(document.createElement("div"));
    this.handle.className = "handle";
    this.handle.tabIndex = 0;
    this.handle.setAttribute("role", "slider");
    this.handle.setAttribute("aria-label", "Wipe");
    this.handle.setAttribute("aria-valuemin", "0");
    this.handle.setAttribute("aria-valuemax", "100");
    this.viewport = { x: 0, y: 0, scale: 1, map: identity };
    this.fitting = true;
    this.listen();
    new ResizeObserver(() => this.resized()).observe(root);
    this.set("side");
  }

  /** Show `b` beside `a`; each `{url, width, height, alt, scene}`. `diff` is the address of what the comparison saw. */
  show(a, b, diff) {
    const same = this.a && this.a.url === a.url && this.b.url === b.url;
    [this.a, this.b] = [a, b];
    this.diff = diff;
    this.layers[0].show(a, a.scene);
    this.layers[1].show(b, b.scene);
    if ((this.mode === "seen" || this.mode === "diff") && !diff) this.set("side");
    if (!same) {
      this.front = 1;
      this.fit();
    }
    this.arrange();
  }

  set(mode) {
    this.mode = mode;
    this.arrange();
  }

  /** The picture of what the comparison saw, from `source`; it is made on order, so it may take its time or never come. */
  differing(source) {
    const image = new Image();
    image.alt = "Where the two photos differ";
    image.className = "seen";
    this.seenWords = "The difference is being made …";
    const told = (words) => {
      if (image !== this.seen) return;
      this.seenWords = words;
      this.changed();
    };
    image.addEventListener("load", () => told("bright: differs · red: counts"));
    image.addEventListener("error", () => told("The difference cannot be shown: a photo is gone, has changed or cannot be read."));
    if (source) image.src = source;
    return image;
  }

  /** The next of the two, in place. */
  flip() {
    if (this.mode === "flip") this.front = 1 - this.front;
    else this.front = 0;
    this.set("flip");
  }

  arrange() {
    const one = this.mode !== "side";
    this.root.dataset.mode = this.mode;
    this.panes[1].hidden = one;
    this.panes[0].prepend(this.layers[0].wrap);
    if (one) this.layers[0].wrap.after(this.layers[1].wrap);
    else this.panes[1].prepend(this.layers[1].wrap);
    this.layers[0].wrap.hidden = this.mode === "flip" && this.front === 1;
    this.layers[1].wrap.hidden = (this.mode === "flip" && this.front === 0) || this.mode === "seen";
    this.handle.hidden = this.mode !== "wipe";
    if (this.mode === "seen" && this.diff) {
      if (this.seen.getAttribute("src") !== this.diff) {
        this.seen.remove();
        this.seen = this.differing(this.diff);
      }
      this.layers[0].frame.append(this.seen);
    } else this.seen.remove();
    this.wipe(this.wiped);
    this.resized();
    this.changed();
  }

  /** Of a difference only what both photos show counts; of a wipe what lies beyond the handle. */
  clip() {
    const percent = (this.wiped * 100).toFixed(2);
    const [a, b] = this.layers;
    a.wrap.style.clipPath = this.mode === "diff" ? b.outline() : "none";
    b.wrap.style.clipPath = this.mode === "diff" ? a.outline() : this.mode === "wipe" ? `inset(0 0 0 ${percent}%)` : "none";
  }

  wipe(share) {
    this.wiped = Math.min(1, Math.max(0, share));
    const percent = (this.wiped * 100).toFixed(2);
    this.clip();
    this.handle.style.left = `${percent}%`;
    this.handle.setAttribute("aria-valuenow", Math.round(this.wiped * 100));
  }

  size() {
    return [this.panes[0].clientWidth, this.panes[0].clientHeight];
  }

  resized() {
    if (!this.a) return;
    if (this.fitting) this.fit();
    else this.place();
  }

  /** Both photos whole. */
  fit() {
    const [width, height] = this.size();
    if (!width || !height) return;
    const [left, top, right, bottom] = union(
      box(this.a.scene, this.a.width, this.a.height),
      box(this.b.scene, this.b.width, this.b.height),
    );
    this.fitting = true;
    this.viewport.scale = Math.min(width / (right - left), height / (bottom - top));
    this.viewport.x = (left + right) / 2;
    this.viewport.y = (top + bottom) / 2;
    this.place();
  }

  /** Whole, or a pixel of the finer photo for a pixel of the screen, round the point of the pane (its middle by default). */
  fitOrPixels(point) {
    if (!this.fitting) return this.fit();
    const finest = Math.min(scaleOf(this.a.scene), scaleOf(this.b.scene));
    this.zoomTo(1 / finest / devicePixelRatio, point);
  }

  zoom(factor, point) {
    this.zoomTo(this.viewport.scale * factor, point);
  }

  zoomTo(scale, point) {
    if (!this.a) return;
    const [width, height] = this.size();
    const [px, py] = point ?? [width / 2, height / 2];
    const fixed = this.scenePoint(px, py);
    const bounded = Math.min(Math.max(scale, 0.002), 40 / Math.min(scaleOf(this.a.scene), scaleOf(this.b.scene)));
    this.viewport.scale = bounded;
    this.viewport.x = fixed[0] - (px - width / 2) / bounded;
    this.viewport.y = fixed[1] - (py - height / 2) / bounded;
    this.fitting = false;
    this.place();
  }

  pan(dx, dy) {
    this.viewport.x -= dx / this.viewport.scale;
    this.viewport.y -= dy / this.viewport.scale;
    this.fitting = false;
    this.place();
  }

  scenePoint(px, py) {
    const [width, height] = this.size();
    const { x, y, scale } = this.viewport;
    return [x + (px - width / 2) / scale, y + (py - height / 2) / scale];
  }

  /** How large photo `n` is shown, as a share of its own pixels. */
  share(n) {
    return this.a ? scaleOf(compose(this.viewport.map, (n ? this.b : this.a).scene)) * devicePixelRatio : 1;
  }

  place() {
    if (!this.a) return;
    const [width, height] = this.size();
    const { x, y, scale } = this.viewport;
    this.viewport.map = [scale, 0, width / 2 - x * scale, 0, scale, height / 2 - y * scale];
    for (const layer of this.layers) layer.place(this.viewport, devicePixelRatio);
    this.clip();
    clearTimeout(this.tiling);
    this.tiling = setTimeout(() => this.layers.forEach((layer) => layer.tile(width, height)), SETTLE_MS);
    this.onplaced?.();
  }

  // -- pointers ----------------------------------------------------------------------------------------------------------

  listen() {
    const points = new Map();
    const at = (event) => {
      const pane = event.target.closest(".pane") ?? this.panes[0];
      const { left, top } = pane.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    this.root.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), at(event));
    }, { passive: false });
    this.root.addEventListener("dblclick", (event) => {
      if (event.target.closest("button, .handle")) return;
      this.fitOrPixels(at(event));
    });
    this.root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("button")) return;
      points.set(event.pointerId, { x: event.clientX, y: event.clientY, wiping: event.target === this.handle });
      this.root.setPointerCapture(event.pointerId);
      this.root.classList.add("held");
    });
    this.root.addEventListener("pointermove", (event) => {
      const before = points.get(event.pointerId);
      if (!before) return;
      const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
      if (before.wiping) {
        const { left, width } = this.panes[0].getBoundingClientRect();
        this.wipe((event.clientX - left) / width);
      } else if (points.size === 2) {
        const other = [...points].find(([id]) => id !== event.pointerId)[1];
        const old = Math.hypot(before.x - other.x, before.y - other.y);
        const now = Math.hypot(event.clientX - other.x, event.clientY - other.y);
        const { left, top } = this.panes[0].getBoundingClientRect();
        this.pan(dx / 2, dy / 2);
        if (old > 0) this.zoom(now / old, [(event.clientX + other.x) / 2 - left, (event.clientY + other.y) / 2 - top]);
      } else this.pan(dx, dy);
      before.x = event.clientX;
      before.y = event.clientY;
    });
    for (const name of ["pointerup", "pointercancel"])
      this.root.addEventListener(name, (event) => {
        points.delete(event.pointerId);
        if (!points.size) this.root.classList.remove("held");
      });
    this.handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
      if (step === undefined || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.wipe(this.wiped + step);
    });
  }
}
