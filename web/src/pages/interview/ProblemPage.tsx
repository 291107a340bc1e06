import { Panel } from "../../ui/Panel";
import { Shell } from "../../ui/Shell";

interface ProblemPageProps {
  /** The API's code for the error. */
  code: string;
  /** The HTTP status, where the error came with one. */
  status: number | null;
  detail: string;
}

interface Words {
  title: string;
  what: string;
  remedy: string;
}

const ASK = "Please ask the person who invited you for a new link.";

function wordsFor({ code, status, detail }: ProblemPageProps): Words {
  const over = status === 410 || /expired|ended|used|gone/.test(code);
  if (over) {
    return { title: "This link no longer works", what: "It has been used up, or its time is over.", remedy: ASK };
  }
  if (code === "no_token")
    return { title: "The link is not complete", what: detail, remedy: "Please open the whole link again." };
  if (status === 404 || status === 401 || status === 403 || /not_found|unauthorized|forbidden|token/.test(code)) {
    return {
      title: "This link is not known",
      what: "There is no interview for you at this address.",
      remedy: `Check that the whole link was copied. ${ASK}`,
    };
  }
  return {
    title: "The interview cannot start",
    what: detail,
    remedy: "Please try again, or tell the person who invited you.",
  };
}

/** Why there is no interview here, and what to do. */
export function ProblemPage(props: ProblemPageProps) {
  const words = wordsFor(props);
  return (
    <Shell title={words.title} step="problem">
      <div data-testid="problem" data-code={props.code}>
        <Panel tone="error">
          <p>{words.what}</p>
          <p>{words.remedy}</p>
        </Panel>
        <p className="quiet">Code: {props.code}</p>
      </div>
    </Shell>
  );
}
