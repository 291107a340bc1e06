// An interview in a frame, by its invitation's link. In a page that knows the link when it is made, two lines do:
//
//   <script src="https://viva.example/client/viva-embed.js" async></script>
//   <viva-interview src="https://viva.example/i/CODE"></viva-interview>
const response = await fetch("/invitations", { method: "POST" });
const { link, server } = await response.json();

const script = document.createElement("script");
script.src = `${server}/client/viva-embed.js`;
document.head.append(script);

const interview = document.createElement("viva-interview");
interview.setAttribute("src", link);
interview.setAttribute("label", "Your interview with Example");
// Shown only when no interview comes up in the frame.
const fallback = document.createElement("a");
fallback.href = link;
fallback.textContent = "Open the interview in a page of its own";
interview.append(fallback);

const progress = document.getElementById("progress");
interview.addEventListener("viva-state", ({ detail: { phase, question } }) => {
  progress.textContent = question === null ? phase : `${phase}, question ${question.number} of ${question.total}`;
});
interview.addEventListener("viva-ended", ({ detail: { saved, endReason } }) => {
  progress.textContent = saved ? `Thank you, your answers are saved (${endReason}).` : `It ended: ${endReason}.`;
});
interview.addEventListener("viva-unavailable", () => {
  progress.textContent = "The interview cannot be shown here.";
});
document.getElementById("interview").append(interview);
