// Questions to the server, and the writes with what they must carry. The token stays in this module's memory.

let token = "";

/** The server refused; `clash` names why the page's view no longer holds, or is empty. */
export class Refused extends Error {
  constructor(message, status, clash = "") {
    super(message);
    this.status = status;
    this.clash = clash;
  }
}

/** Nobody answers: the review has ended. */
export class Ended extends Error {}

async function asked(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new Ended();
  }
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // A refusal without a body: the status says it.
  }
  if (!answer.ok) throw new Refused(told.error || `The server answered ${answer.status}.`, answer.status, told.clash);
  return told;
}

export const get = (path) => asked(path);

export const post = (path, body) =>
  asked(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Dedupe-Token": token },
    body: JSON.stringify(body),
  });

export async function loadState() {
  const state = await get("api/state");
  token = state.token;
  return state;
}
