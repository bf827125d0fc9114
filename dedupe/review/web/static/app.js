// The page: what is loaded, which group is shown, what a key or a button does.

import { html, nothing, render } from "./vendor/lit-html.js";
import { Ended, get, loadState, post, Refused } from "./api.js";
import * as dialogs from "./dialogs.js";
import { scenes } from "./geometry.js";
import { listen } from "./keys.js";
import { GroupList } from "./list.js";
import * as panels from "./panels.js";
import { SeriesPage } from "./series.js";
import { Stage } from "./stage.js";
import { number } from "./words.js";

const NO_FILTER = { words: "", relations: "", states: "", loses: "", sort: "" };
const POLL_MS = 300;

const page = {
  page: "group",
  filter: { ...NO_FILTER },
  numbers: [],
  safe: { safe: 0, safe_photos: 0, safe_bytes: 0 },
  cursor: 1,
  all: false,
  busy: false,
  dialog: "",
  error: "",
  where: { kind: "trash", target: "" },
  cached: new Map(),
  turn: false,
};

// -- the frame ---------------------------------------------------------------------------------------------------------

const app = document.getElementById("app");
app.replaceChildren();
render(
  html`
    <a class="skip" href="#main">Skip to the photos</a>
    <header id="top"></header>
    <aside id="list" aria-label="List of groups"><div id="filters"></div><div id="groups"></div></aside>
    <main id="main" tabindex="-1">
      <h1 class="hidden" id="title">Review</h1>
      <div id="stage" aria-label="The two photos"></div>
      <div id="captions"></div>
      <div id="under"></div>
      <div id="series" hidden></div>
    </main>
    <aside id="facts" aria-label="About these photos" tabindex="0"></aside>
    <div id="toast" role="status" aria-live="polite"></div>
    <dialog id="dialog" aria-labelledby="dialog-title"></dialog>`,
  app,
);
const part = (name) => document.getElementById(name);
const dialog = part("dialog");
const list = new GroupList(part("groups"), (chosen) => {
  page.listOpen = false;
  openGroup(chosen);
});
const stage = new Stage(part("stage"), () => page.group && drawStage());
stage.onplaced = () => page.group && drawStage();
const series = new SeriesPage(part("series"), { fail, changed, openStage: seriesStage });

// A picture that cannot be had leaves its place empty.
document.addEventListener("error", ({ target }) => target instanceof HTMLImageElement && target.classList.add("missing"), true);

// -- loading -----------------------------------------------------------------------------------------------------------

async function load() {
  page.state = await loadState();
  page.index = await get("api/groups");
  page.cached.clear();
  await applyFilter(false);
  if (page.state.running) openDialog("finish", { run: { running: true, done: 0, total: 0 } });
  for (const notice of page.state.notices) toast(notice);
}

async function applyFilter(stay = true) {
  const query = new URLSearchParams(page.filter);
  const answer = await get(`api/numbers?${query}`);
  page.safe = answer;
  page.numbers = answer.numbers;
  list.fill(page.index, page.numbers);
  if (stay && page.page === "group") {
    const here = page.group?.number;
    if (here === undefined || !list.positions.has(here)) await openGroup(page.numbers[0], true);
    else list.mark(here);
  }
  draw();
}

let typing = 0;
function setFilter(change) {
  Object.assign(page.filter, change);
  clearTimeout(typing);
  typing = setTimeout(() => applyFilter().catch(fail), "words" in change ? 150 : 0);
  draw();
}

const clearFilter = () => {
  part("words").value = "";
  setFilter({ ...NO_FILTER });
};

async function refreshSafe() {
  page.safe = await get(`api/numbers?${new URLSearchParams(page.filter)}`);
  draw();
}

let safeTimer = 0;
function refreshSafeSoon() {
  clearTimeout(safeTimer);
  safeTimer = setTimeout(() => refreshSafe().catch(fail), 400);
}

// -- one group ---------------------------------------------------------------------------------------------------------

async function fetched(wanted) {
  if (!page.cached.has(wanted)) {
    page.cached.set(wanted, get(`api/group/${wanted}`).catch((error) => {
      page.cached.delete(wanted);
      throw error;
    }));
    if (page.cached.size > 60) page.cached.delete(page.cached.keys().next().value);
  }
  return page.cached.get(wanted);
}

let opening = 0;
async function openGroup(wanted, replace = false) {
  if (wanted === undefined) {
    page.group = undefined;
    draw();
    return;
  }
  const address = `#/g/${wanted + 1}`;
  if (location.hash !== address) history[replace ? "replaceState" : "pushState"](null, "", address);
  page.address = address;
  const mine = ++opening;
  page.page = "group";
  try {
    const group = await fetched(wanted);
    if (mine !== opening) return;
    showGroup(group, true);
    prefetch();
  } catch (error) {
    fail(error);
  }
}

function showGroup(group, fresh) {
  page.group = group;
  page.turn = !page.turn;
  if (fresh) page.cursor = group.keep === 0 ? 1 : 0;
  page.cursor = Math.min(page.cursor, group.photos.length - 1);
  page.maps = scenes(group.photos);
  list.mark(group.number);
  draw();
  showPair();
}

function pair() {
  const { photos, keep } = page.group;
  const marked = page.cursor === keep ? photos.find((photo) => photo.place !== keep) : photos[page.cursor];
  return [photos[marked.parent ?? keep], marked];
}

function showPair() {
  const [a, b] = pair();
  const layer = (photo, side) => ({
    url: `img/${page.group.number}/${photo.place}`,
    width: photo.width,
    height: photo.height,
    alt: `${side}: ${photo.name}`,
    scene: page.maps[photo.place],
  });
  const seen = b.matrix ? `img/${page.group.number}/${b.place}/diff` : "";
  stage.show(layer(a, "A"), layer(b, "B"), seen);
}

/** The next group's facts, previews and views, so that it is there when it is wanted. */
async function prefetch() {
  const at = list.positions.get(page.group.number) ?? -1;
  const next = page.numbers[at + 1];
  if (next === undefined) return;
  try {
    const group = await fetched(next);
    const first = group.keep === 0 ? 1 : 0;
    for (const place of [group.keep, first]) {
      new Image().src = `img/${next}/${place}/preview`;
      // The view is made when nothing newer is asked for, and kept by the server.
      const mine = opening;
      setTimeout(() => mine === opening && (new Image().src = `img/${next}/${place}/view`), 500);
    }
  } catch {
    // It is asked for again when it is opened.
  }
}

const step = (by) => {
  const at = page.group ? (list.positions.get(page.group.number) ?? -1) : -1;
  const to = Math.min(Math.max(at + by, 0), page.numbers.length - 1);
  if (page.numbers.length && to !== at) openGroup(page.numbers[to]);
  return to !== at;
};

function point(place) {
  page.cursor = (place + page.group.photos.length) % page.group.photos.length;
  draw();
  showPair();
}

// -- deciding ----------------------------------------------------------------------------------------------------------

const DECIDES = new Set(["accept", "keep all", "not duplicates", "skip"]);

async function decide(intent, place = page.cursor) {
  if (page.busy || !page.group) return;
  const group = page.group;
  await writing(async () => {
    const body = { scan: group.scan, revision: group.revision, intent, place };
    const answer = await post(`api/group/${group.number}`, body);
    took(answer);
    page.cached.set(group.number, Promise.resolve(answer.group));
    if (answer.message) toast(answer.message);
    if (!DECIDES.has(intent)) return showGroup(answer.group, false);
    const at = list.positions.get(group.number) ?? -1;
    if (at + 1 < page.numbers.length) openGroup(page.numbers[at + 1]);
    else {
      showGroup(answer.group, false);
      openDialog("finish");
    }
  });
}

/** A word on a set of shots changed how many photos will go. */
function changed(totals) {
  took({ ...totals, rows: [] });
  draw();
}

async function writing(work) {
  page.busy = true;
  try {
    await work();
  } catch (error) {
    fail(error);
  } finally {
    page.busy = false;
    draw();
  }
}

/** A write was answered: the totals and the rows that are other now. */
function took(answer) {
  for (const name of ["counts", "left", "freed", "going", "undoable", "away", "preferred"]) page.state[name] = answer[name];
  for (const [row, state, going] of answer.rows) {
    page.index.columns.state[row] = state;
    page.index.columns.going[row] = going;
    page.cached.delete(row);
  }
  list.changed();
  refreshSafeSoon();
}

const back = () =>
  writing(async () => {
    const answer = await post("api/back", { scan: page.state.scan });
    took(answer);
    toast(answer.message);
    if (answer.rows.length) await openGroup(answer.rows[0][0]);
  });

const acceptSafe = () =>
  writing(async () => {
    const body = { scan: page.state.scan, filter: page.filter, expected: page.safe.safe };
    const answer = await post("api/bulk", body);
    took(answer);
    closeDialog();
    toast(`${number(answer.rows.length)} accepted.`);
    if (page.group) showGroup(await fetched(page.group.number), false);
  });

// -- acting ------------------------------------------------------------------------------------------------------------

function openDialog(name, more = {}) {
  Object.assign(page, { dialog: name, error: "", run: undefined, summary: undefined }, more);
  draw();
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
  if (page.run?.running) poll();
}

function closeDialog() {
  page.dialog = "";
  if (dialog.open) dialog.close();
  draw();
}

dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (page.dialog !== "ended" && !page.run?.running) closeDialog();
});

// A browser may close a dialog without asking (Escape twice in a row): what must stay comes back, the rest is closed here too.
dialog.addEventListener("close", agreeWithDialog);

function agreeWithDialog() {
  if (!page.dialog || dialog.open) return;
  if (page.dialog === "ended" || page.run?.running) dialog.showModal();
  else closeDialog();
}

/** A write from a dialog: what is refused is said in it. */
async function inDialog(work) {
  page.error = "";
  page.busy = true;
  draw();
  try {
    await work();
  } catch (error) {
    if (error instanceof Refused && !error.clash) page.error = error.message;
    else fail(error);
  } finally {
    page.busy = false;
    draw();
  }
}

const summarise = (event) => {
  event.preventDefault();
  inDialog(async () => {
    page.summary = await post("api/preview", { scan: page.state.scan, ...page.where });
  });
};

const runs = (path, body) =>
  inDialog(async () => {
    page.run = await post(path, body);
    page.dialog = "finish";
    poll();
  });

const applyPlan = () => runs("api/apply", { scan: page.state.scan, ...page.where, digest: page.summary.digest });
const undo = (run) => runs(`api/undo/${run}`, {});
const stop = () => inDialog(async () => void (page.run = await post("api/run/stop", {})));

async function poll() {
  try {
    const run = await get("api/run");
    page.run = run;
    draw();
    if (run.running) return void setTimeout(poll, POLL_MS);
    await load();
    if (page.group) showGroup(await fetched(page.group.number), false);
    dialog.querySelector("[autofocus]")?.focus();
  } catch (error) {
    fail(error);
  }
}

const openHistory = () =>
  inDialog(async () => {
    const told = await get("api/history");
    openDialog("history", { runs: told.runs });
  });

const quit = () =>
  inDialog(async () => {
    await post("api/quit", {});
    openDialog("ended");
  });

// -- what goes wrong ---------------------------------------------------------------------------------------------------

async function fail(error) {
  if (error instanceof Ended || error?.status === 401 || error?.status === 503) {
    openDialog("ended", { error: error.status === 401 ? error.message : "" });
    return;
  }
  if (!(error instanceof Refused)) {
    toast("The page met an error of its own. Load it anew.");
    throw error;
  }
  toast(error.message);
  if (!error.clash) return;
  try {
    if (page.dialog) closeDialog();
    await load();
    const here = page.group && page.group.number < page.state.groups ? page.group.number : page.numbers[0];
    if (here === undefined) page.group = undefined;
    else showGroup(await fetched(here), true);
    draw();
  } catch (again) {
    if (again instanceof Ended) openDialog("ended");
    else toast(again.message);
  }
}

let toasting = 0;
function toast(text) {
  const place = part("toast");
  place.textContent = text;
  place.classList.toggle("shown", Boolean(text));
  clearTimeout(toasting);
  toasting = setTimeout(() => place.classList.remove("shown"), 4000 + 40 * text.length);
}

// -- drawing -----------------------------------------------------------------------------------------------------------

const isFiltered = () => Object.values(page.filter).some(Boolean);

function view() {
  const at = page.group ? (list.positions?.get(page.group.number) ?? -1) : -1;
  return {
    ...page,
    at,
    shown: page.numbers.length,
    safe: page.safe.safe,
    relations: page.index?.relations ?? [],
    states: page.index?.states ?? [],
    isFiltered: isFiltered(),
    pair: page.group && pair(),
    mode: stage.mode,
    fitting: stage.fitting,
    fits: Boolean(page.group && pair()[1].matrix),
    hasSeen: Boolean(stage.diff),
    share: (n) => `${Math.round(stage.share(n) * 100)} %`,
    toggleList: () => {
      page.listOpen = !page.listOpen;
      draw();
    },
    setFilter,
    clearFilter,
    decide,
    back,
    point,
    toggle: (place) => decide("toggle", place),
    keep: (place) => decide("keep", place),
    rescue: (place) => decide("rescue", place),
    prefer: (place) => decide("prefer", place),
    preferNone: () => decide("prefer none"),
    look,
    zoom: (factor) => stage.zoom(factor),
    fitOrPixels: () => stage.fitOrPixels(),
    more: () => {
      page.all = !page.all;
      draw();
    },
    bulk: () => openDialog("bulk"),
    help: () => openDialog("help"),
    history: openHistory,
    finish: () => openDialog("finish"),
  };
}

function draw() {
  if (!page.state) return;
  const now = view();
  document.body.dataset.page = page.page;
  document.body.classList.toggle("list-open", Boolean(page.listOpen));
  render(panels.top(now), part("top"));
  render(panels.filters(now), part("filters"));
  const onGroup = page.page === "group";
  part("series").hidden = onGroup;
  for (const name of ["stage", "captions", "under", "facts"]) part(name).hidden = !onGroup;
  if (onGroup) {
    part("stage").classList.toggle("none", !page.group);
    part("title").textContent = page.group ? `Group ${page.group.number + 1}` : "Review";
    document.title = page.group ? `Group ${page.group.number + 1} of ${page.state.groups} – dedupe` : "dedupe review";
    render(page.group ? panels.facts(now) : nothing, part("facts"));
    drawStage(now);
  }
  drawDialog(now);
}

function drawStage(now = view()) {
  if (!page.group) {
    render(nothing, part("under"));
    render(panels.empty(now), part("captions"));
    return;
  }
  const [a, b] = now.pair;
  const failed = stage.layers.map((layer) => layer.failed).find(Boolean);
  const captions = stage.mode === "flip" ? [stage.front ? ["B", b] : ["A", a]] : [["A", a], ["B", b]];
  part("captions").dataset.mode = stage.mode;
  render(
    html`${captions.map(([side, photo]) => panels.caption(now, photo, side))}
      ${stage.mode === "seen" ? html`<p class="legend" role="status">${stage.seenWords}</p>` : nothing}
      ${failed ? html`<p class="gone" role="alert">${failed}</p>` : nothing}`,
    part("captions"),
  );
  render(html`${panels.looks(now)}${panels.filmstrip(now)}${panels.decisions(now)}`, part("under"));
}

function drawDialog(now) {
  if (!page.dialog) return;
  const shown = {
    ...now,
    safe: page.dialog === "bulk" ? page.safe : now.safe,
    close: closeDialog,
    go: (event) => {
      event.preventDefault();
      const wanted = Number(new FormData(event.target).get("number"));
      if (!(wanted >= 1 && wanted <= page.state.groups)) return;
      closeDialog();
      openGroup(wanted - 1);
    },
    acceptSafe,
    aim: (change) => {
      Object.assign(page.where, change);
      draw();
    },
    summarise,
    restart: () => openDialog("finish"),
    apply: applyPlan,
    undo,
    stop,
    quit,
  };
  render(dialogs[page.dialog](shown), dialog);
  const title = dialog.querySelector("h2");
  if (title) title.id = "dialog-title";
}

// -- keys and addresses ------------------------------------------------------------------------------------------------

function look(mode) {
  if (mode === "flip") stage.flip();
  else stage.set(mode);
  draw();
}

const PAN = 80;
const KEYS = {
  enter: () => decide("accept"),
  a: () => decide("keep all"),
  n: () => decide("not duplicates"),
  s: () => decide("skip"),
  u: () => page.state.undoable && back(),
  b: () => step(-1),
  left: () => step(-1),
  backspace: () => step(-1),
  right: () => step(1),
  home: () => openGroup(page.numbers[0]),
  end: () => openGroup(page.numbers.at(-1)),
  up: () => point(page.cursor - 1),
  down: () => point(page.cursor + 1),
  k: () => decide("keep"),
  " ": () => decide("toggle"),
  o: () => decide("view"),
  r: () => decide("rescue"),
  p: () => decide("prefer"),
  P: () => decide("prefer none"),
  v: () => look("side"),
  f: () => look("flip"),
  w: () => look("wipe"),
  d: () => {
    if (stage.diff) look(stage.mode === "diff" ? "seen" : "diff");
    else toast("How the two photos fit on each other is not known. A new scan finds it out.");
  },
  z: () => stage.fitOrPixels(),
  "+": () => stage.zoom(1.4),
  "-": () => stage.zoom(1 / 1.4),
  "shift-left": () => stage.pan(PAN, 0),
  "shift-right": () => stage.pan(-PAN, 0),
  "shift-up": () => stage.pan(0, PAN),
  "shift-down": () => stage.pan(0, -PAN),
  m: () => {
    page.all = !page.all;
    draw();
  },
};
const ANYWHERE = {
  "/": () => {
    page.listOpen = true;
    draw();
    part("words").focus();
  },
  g: () => openDialog("go"),
  A: () => refreshSafe().then(() => openDialog("bulk"), fail),
  q: () => openDialog("finish"),
  "?": () => openDialog("help"),
};

listen((name) => {
  agreeWithDialog(); // the browser tells of a dialog that it closed only later: a key before that must not be lost
  if (!page.state || page.dialog) return false;
  if (page.page === "series") {
    if (series.pressed(name)) return true;
  } else if (page.group) {
    if (/^[1-9]$/.test(name)) {
      const place = Number(name) - 1;
      if (place < page.group.photos.length) decide("keep", place);
      else toast(`There are only ${page.group.photos.length} photos in this group.`);
      return true;
    }
    if (KEYS[name]) {
      KEYS[name]();
      return true;
    }
  }
  if (!ANYWHERE[name]) return false;
  ANYWHERE[name]();
  return true;
});

part("filters").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" && event.key !== "Enter") return;
  event.target.blur();
  page.listOpen = false;
  draw();
});

function seriesStage() {
  page.page = "series";
  draw();
}

async function route() {
  page.address = location.hash;
  const [, kind, which] = location.hash.split("/");
  if (kind === "series") {
    page.page = "series";
    draw();
    await series.open(which === undefined ? undefined : Number(which) - 1);
    return;
  }
  const wanted = Number(which) - 1;
  const first = page.numbers[0] === undefined ? undefined : page.state.at;
  await openGroup(kind === "g" && wanted >= 0 && wanted < page.state.groups ? wanted : first, true);
}

// Browsers tell of one step by both events, and some by one of them only.
const follow = () => location.hash !== page.address && route().catch(fail);
addEventListener("hashchange", follow);
addEventListener("popstate", follow);

load().then(route).catch(fail);
