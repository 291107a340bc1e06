import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Checkbox } from "react-aria-components/Checkbox";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Shell } from "../../ui/Shell";
import { count } from "../../ui/format";
import type { About } from "./arrival";

/** What this is, what happens with the answers, and the candidate's consent. */
export function WelcomeStep({ about, onAgree }: { about: About; onAgree: () => void }) {
  const [agreed, setAgreed] = useState(false);
  const [reminded, setReminded] = useState(false);
  const proceed = (): void => {
    if (about.consent === null || agreed) onAgree();
    else setReminded(true);
  };
  return (
    <Shell title={about.title} step="welcome">
      {about.description !== "" && <p className="lead">{about.description}</p>}
      <section aria-labelledby="what-happens" className="card">
        <h2 id="what-happens">What will happen</h2>
        <Facts about={about} />
      </section>
      {about.consent !== null && (
        <section aria-labelledby="consent-title" className="card">
          <h2 id="consent-title">Your consent</h2>
          <p className="consent-text">{about.consent.text}</p>
          <Checkbox
            className="checkbox"
            isSelected={agreed}
            onChange={setAgreed}
            isInvalid={reminded && !agreed}
            data-testid="consent"
          >
            <span className="box" aria-hidden="true">
              <Icon name="check" />
            </span>
            <span>
              I have read this and agree <span className="quiet">(version {about.consent.version})</span>
            </span>
          </Checkbox>
          {reminded && !agreed && (
            <Panel tone="warning">
              <p>Please tick the box first. Without your consent there is no interview.</p>
            </Panel>
          )}
        </section>
      )}
      <div className="actions">
        <Button className="button primary" onPress={proceed} data-testid="continue">
          Continue to the microphone
        </Button>
      </div>
    </Shell>
  );
}

function Facts({ about }: { about: About }) {
  const length = [
    about.questionCount === null ? null : count(about.questionCount, "question", "questions"),
    about.minutes === null ? null : `about ${count(about.minutes, "minute", "minutes")}`,
  ].filter((part) => part !== null);
  return (
    <ul className="facts">
      {length.length > 0 && (
        <li>
          <Icon name="clock" /> <span>{length.join(", ")}. You answer by speaking, or by typing.</span>
        </li>
      )}
      <li>
        <Icon name="wave" />{" "}
        <span>
          <strong>The interviewer is an AI</strong>, a computer program with a synthetic voice. It is not a person.
        </span>
      </li>
      <li>
        <Icon name="microphone" />{" "}
        <span>
          {about.recording === true
            ? "The sound of the interview is recorded, and what is said is written down."
            : about.recording === false
              ? "The sound is not recorded. What is said is written down and kept as text."
              : "What is said is written down and kept as text."}
        </span>
      </li>
      <li>
        <Icon name="info" />{" "}
        <span>
          The people who invited you read your answers{about.mayReadResults ? ", and so may you" : ""}. Nothing here
          judges your voice, your accent or your feelings.
        </span>
      </li>
      <li>
        <Icon name="leave" /> <span>You may stop at any time. What was saved until then is kept.</span>
      </li>
    </ul>
  );
}
