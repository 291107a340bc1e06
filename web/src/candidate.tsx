/**
 * The candidate's pages: an entry of their own, built into one file, so that a slow phone on a slow line asks for little
 * and waits once (`vite.candidate.config.ts`).
 */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { askForInvite } from "./client/early";
import { type Route, routeOf } from "./client/route";
import { loadTexts } from "./i18n";
import EmbedPage from "./pages/embed/EmbedPage";
import VoiceInterviewPageREST from "./pages/VoiceInterviewPageREST";
import "./styles.css";

const route = routeOf(window.location.pathname);
if (route.page === "invite" || route.page === "embedded") askForInvite(route.code);

function Page({ of }: { of: Route }) {
  switch (of.page) {
    case "embedded":
      return <EmbedPage code={of.code} />;
    case "interview":
      return <VoiceInterviewPageREST from={{ sessionId: of.sessionId }} />;
    default:
      return <VoiceInterviewPageREST from={{ invite: of.page === "invite" ? of.code : "" }} />;
  }
}

const root = document.getElementById("root");
if (root) {
  await loadTexts(["shared", "candidate"]);
  createRoot(root).render(
    <StrictMode>
      <Page of={route} />
    </StrictMode>,
  );
}
