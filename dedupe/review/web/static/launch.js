// Brings the launch code, which stands in the fragment and so in no request line and no log, and opens the review.

const said = document.getElementById("said");
const code = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

try {
  const answer = await fetch("launch", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
  });
  const told = await answer.json();
  if (answer.ok) location.replace(told.open);
  else said.textContent = told.error;
} catch {
  said.textContent = "dedupe does not answer: the review has ended.";
}
