import { type ComponentType, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { askForInvite } from "./client/early";
import { type Route, routeOf } from "./client/route";
import { type Part, loadTexts, texts } from "./i18n";
import { Shell } from "./ui/Shell";
import "./styles.css";

/** A page: a chunk of its own, so that a candidate does not load the results page, and the texts that it needs. */
interface Loaded {
  parts: Part[];
  page: () => Promise<() => React.JSX.Element>;
}

function load<P extends object>(module: () => Promise<{ default: ComponentType<P> }>, props: P): Loaded["page"] {
  return async () => {
    const Page = (await module()).default;
    return () => <Page {...props} />;
  };
}

function pageOf(route: Route): Loaded {
  const interview = () => import("./pages/VoiceInterviewPageREST");
  switch (route.page) {
    case "home":
      return { parts: ["candidate"], page: load(() => import("./pages/HomePage"), {}) };
    case "invite":
      return { parts: ["candidate"], page: load(interview, { from: { invite: route.code } }) };
    case "embedded":
      return { parts: ["candidate"], page: load(() => import("./pages/embed/EmbedPage"), { code: route.code }) };
    case "interview":
      return { parts: ["candidate"], page: load(interview, { from: { sessionId: route.sessionId } }) };
    case "results":
      return { parts: ["review"], page: load(() => import("./pages/ResultsPage"), { sessionId: route.sessionId }) };
    case "signIn":
      return { parts: ["interviewer"], page: load(() => import("./pages/interviewer/SignInPage"), {}) };
    case "interviews":
      return { parts: ["interviewer"], page: load(() => import("./pages/interviewer/InterviewsPage"), {}) };
    case "editor": {
      const { interviewId } = route;
      return { parts: ["interviewer"], page: load(() => import("./pages/interviewer/EditorPage"), { interviewId }) };
    }
    case "sessions":
      return { parts: ["interviewer"], page: load(() => import("./pages/interviewer/SessionsPage"), {}) };
    case "liveSession": {
      const { sessionId } = route;
      return {
        parts: ["interviewer"],
        page: load(() => import("./pages/interviewer/LiveSessionPage"), { sessionId }),
      };
    }
    case "rooms":
      return { parts: ["rooms"], page: load(() => import("./pages/rooms/RoomsPage"), {}) };
    case "room":
      return { parts: ["rooms"], page: load(() => import("./pages/rooms/CallPage"), { code: route.code }) };
    case "status":
      return { parts: ["operator"], page: load(() => import("./pages/operator/StatusPage"), {}) };
    case "unknown":
      return { parts: [], page: () => Promise.resolve(NotFound) };
  }
}

function NotFound() {
  const t = texts("shared");
  return (
    <Shell title={t("notFound.title")}>
      <p>
        {t("notFound.text")} <a href="/">{t("notFound.home")}</a>
      </p>
    </Shell>
  );
}

const root = document.getElementById("root");
if (root) {
  const route = routeOf(window.location.pathname);
  if (route.page === "invite" || route.page === "embedded") askForInvite(route.code);
  const { parts, page } = pageOf(route);
  const [Page] = await Promise.all([page(), loadTexts(["shared", ...parts])]);
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}
