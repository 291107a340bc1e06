import { type ComponentType, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { type Route, routeOf } from "./client/route";
import { type Part, loadTexts, texts } from "./i18n";
import { Shell } from "./ui/Shell";
import "./styles.css";

/** A page: a chunk of its own, so that nobody loads what another page needs, and the texts that it needs. */
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
  switch (route.page) {
    case "home":
      return { parts: ["candidate"], page: load(() => import("./pages/HomePage"), {}) };
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
    // The candidate's pages have an entry of their own, candidate.tsx.
    case "invite":
    case "embedded":
    case "interview":
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
  const { parts, page } = pageOf(routeOf(window.location.pathname));
  const [Page] = await Promise.all([page(), loadTexts(["shared", ...parts])]);
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}
