// Keys mean the same here as in the terminal, and the same wherever the focus is; in an input they are text.

const NAMES = {
  Enter: "enter",
  " ": " ",
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Backspace: "backspace",
  Home: "home",
  End: "end",
  "=": "+",
  "−": "-",
};
const MAY_REPEAT = new Set(["up", "down", "left", "right", "+", "-", "shift-up", "shift-down", "shift-left", "shift-right"]);

/** Call `pressed(name)` for every key that is not meant for the element that has the focus; it says whether it took it. */
export function listen(pressed) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    // What had the focus in a dialog keeps it for an instant after the dialog was closed: that key is the page's.
    const closed = target.closest?.("dialog:not([open])");
    if (!closed && target.closest?.("input, select, textarea, dialog")) return;
    const onButton = !closed && target.closest?.("button, a, summary, [role=slider]");
    if (onButton && (event.key === "Enter" || event.key === " ")) return;
    let name = NAMES[event.key] ?? event.key;
    if (event.shiftKey && event.key.startsWith("Arrow")) name = `shift-${name}`;
    if (event.repeat && !MAY_REPEAT.has(name)) return event.preventDefault();
    if (pressed(name)) event.preventDefault();
  });
  // A button that was clicked gives the focus back, so that Enter means "accept" again. One reached by Tab keeps it.
  document.addEventListener("click", (event) => {
    if (event.detail > 0 && !event.target.closest("dialog, input, select, label")) document.activeElement?.blur?.();
  });
}
