// An interview in a React page. Bundle it for the browser, for example:
//
//   npx esbuild react.tsx --bundle --format=esm --outfile=react.js
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { Interview, type SessionTicket, VoiceInterview, useInterview } from "viva-interview-client/react";
import "viva-interview-client/react.css";

function App() {
  const [interview, setInterview] = useState<Interview | null>(null);
  const begin = async (): Promise<void> => {
    const response = await fetch("/interviews", { method: "POST" });
    setInterview(Interview.take((await response.json()) as SessionTicket));
  };
  return (
    <main>
      <h1>Jobs at Example</h1>
      {interview === null ? (
        <button type="button" onClick={() => void begin()}>
          Go to the interview
        </button>
      ) : (
        <>
          <Progress interview={interview} />
          <VoiceInterview interview={interview} language="en" />
        </>
      )}
    </main>
  );
}

/** Something of your own beside it: any component can follow the interview. */
function Progress({ interview }: { interview: Interview }) {
  const { phase, question } = useInterview(interview).state;
  return (
    <p id="progress">
      {phase.name}
      {question !== null && `, question ${question.number} of ${question.total}`}
    </p>
  );
}

const root = document.getElementById("app");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
