import { StrictMode, Suspense, lazy, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { routeOf } from "./client/route";
import { Shell } from "./ui/Shell";
import "./styles.css";

// Each page is a chunk of its own: a candidate does not load the results page.
const Home = lazy(() => import("./pages/HomePage"));
const VoiceInterview = lazy(() => import("./pages/VoiceInterviewPageREST"));
const Results = lazy(() => import("./pages/ResultsPage"));

function page(): ReactNode {
  const route = routeOf(window.location.pathname);
  switch (route.page) {
    case "home":
      return <Home />;
    case "invite":
      return <VoiceInterview from={{ invite: route.code }} />;
    case "interview":
      return <VoiceInterview from={{ sessionId: route.sessionId }} />;
    case "results":
      return <Results sessionId={route.sessionId} />;
    case "unknown":
      return (
        <Shell title="Page not found">
          <p>
            There is no page at this address. <a href="/">Go to the start page.</a>
          </p>
        </Shell>
      );
  }
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Suspense fallback={null}>{page()}</Suspense>
    </StrictMode>,
  );
}
