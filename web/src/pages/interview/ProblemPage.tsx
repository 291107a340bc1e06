import { Button } from "react-aria-components/Button";
import { Contact } from "../../components/HelpButton";
import { texts } from "../../i18n";
import { Panel } from "../../ui/Panel";
import { Shell } from "../../ui/Shell";
import { dateTime } from "../../ui/format";
import { NOT_OPEN } from "./arrival";

interface ProblemPageProps {
  /** The API's code for the error. */
  code: string;
  /** The HTTP status, where the error came with one. */
  status: number | null;
  /** What the server says of it. */
  detail: string;
  /** Whom to ask, where that is known. */
  contact?: string;
}

type Kind = "used" | "closed" | "notOpen" | "expired" | "noToken" | "unknown" | "budget" | "unsupported" | "other";

function kindOf({ code, status }: ProblemPageProps): Kind {
  if (code === "no_token") return "noToken";
  if (code === "unsupported") return "unsupported";
  if (code === "budget_used_up") return "budget";
  if (code === "invite_used_up") return "used";
  if (code === "invite_closed") return "closed";
  if (code === NOT_OPEN) return "notOpen";
  if (status === 410 || /expired|ended|gone/.test(code)) return "expired";
  if (status === 404 || status === 401 || status === 403 || /not_found|unauthorized|forbidden|token/.test(code)) {
    return "unknown";
  }
  return "other";
}

/** Why there is no interview here, and what to do. */
export function ProblemPage(props: ProblemPageProps) {
  const t = texts("candidate");
  const { code, detail, contact = "" } = props;
  const kind = kindOf(props);
  return (
    <Shell title={t(`problem.${kind}.title`)} step="problem">
      <div data-testid="problem" data-code={code} data-kind={kind}>
        <Panel tone="error">
          <What kind={kind} detail={detail} />
        </Panel>
        {contact !== "" && <Contact contact={contact} reference={null} />}
        <p>
          <Button className="button" onPress={() => window.location.reload()} data-testid="problem-again">
            {t("problem.again")}
          </Button>
        </p>
        <p className="quiet">{t("problem.code", { code })}</p>
      </div>
    </Shell>
  );
}

function What({ kind, detail }: { kind: Kind; detail: string }) {
  const t = texts("candidate");
  if (kind === "unsupported") {
    return (
      <>
        <p>{t("mic.problem.unsupported.remedy")}</p>
        <p>{t("problem.unsupported.used")}</p>
      </>
    );
  }
  const opens = kind === "notOpen" ? dateTime(detail) : "";
  return (
    <>
      {/* Of what is not foreseen the server knows more than this page. */}
      {kind === "other" && <p data-words="server">{detail}</p>}
      {kind === "notOpen" && (
        <p>{opens === "" ? t("problem.notOpen.later") : t("problem.notOpen.what", { when: opens })}</p>
      )}
      {kind !== "other" && kind !== "notOpen" && <p>{t(`problem.${kind}.what`)}</p>}
      <p>{t(`problem.${kind}.remedy`)}</p>
    </>
  );
}
