// An interview with the client library alone. `server.mjs` starts it and hands over the ticket of one session.
// @ts-check

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const voice = /** @type {HTMLAudioElement} */ (element("voice"));

async function start() {
  const response = await fetch("/interviews", { method: "POST" });
  /** @type {import("viva-interview-client").SessionTicket} */
  const ticket = await response.json();
  // The library comes from the Viva server itself; with a bundler, install and import "viva-interview-client".
  /** @type {typeof import("viva-interview-client")} */
  const { Interview, openMicrophone } = await import(`${ticket.server}/client/viva-client.js`);
  const interview = Interview.take(ticket);
  show(interview);

  const microphone = await openMicrophone(null);
  await interview.connect(microphone);
  element("controls").hidden = false;
  element("mute").onclick = () => {
    interview.mute(!interview.muted);
    element("mute").setAttribute("aria-pressed", String(interview.muted));
  };
  element("wait").onclick = () => interview.wait();
  element("repeat").onclick = () => interview.repeat();
  element("finished").onclick = () => interview.finished();
  element("end").onclick = () => interview.end();
}

/** @param {import("viva-interview-client").Interview} interview */
function show(interview) {
  interview.on("audio", (stream) => {
    voice.srcObject = stream;
  });
  interview.on("phase", (phase) => {
    element("state").textContent = phase.name === "refused" ? phase.detail : phase.name;
  });
  interview.on("turn", ({ speaker }) => {
    element("turn").dataset.turn = speaker ?? "none";
    element("turn").textContent = speaker === "user" ? "Your turn" : "The interviewer speaks or thinks";
  });
  interview.on("question", ({ number, total, text }) => {
    element("question").textContent = `Question ${number} of ${total}: ${text}`;
  });
  // Captions are told again as they grow: by their id, the newest is the one to show.
  interview.on("state", ({ captions }) => {
    const items = captions.map(({ role, content, state }) => {
      const line = document.createElement("li");
      line.textContent = `${role === "user" ? "You" : "Interviewer"}: ${content}${state === "interim" ? " …" : ""}`;
      return line;
    });
    element("captions").replaceChildren(...items);
  });
  interview.on("session.ended", ({ saved }) => {
    element("controls").hidden = true;
    element("turn").dataset.turn = "none";
    element("turn").textContent = saved ? "It is over, and saved." : "It is over.";
  });
}

element("start").addEventListener("click", () => {
  element("start").hidden = true;
  start().catch((error) => {
    element("state").textContent = String(error);
    element("start").hidden = false;
  });
});
