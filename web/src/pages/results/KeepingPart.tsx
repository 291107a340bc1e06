/**
 * How long everything is kept, what proves that nothing was changed, and how it is deleted.
 *
 * Stable `data-testid`s: kept, log-head, verify, verdict (data-verdict), hold, hold-reason, release, held, delete,
 * delete-word, delete-now, receipt.
 */
import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { ApiError } from "../../client/http";
import type { Retention } from "../../client/outcome";
import type { LogReport, Receipt } from "../../client/reviewApi";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { CopyText } from "./CopyText";
import { Facts } from "./Facts";
import { useReview } from "./review";
import { dateTime, named } from "./say";

export function KeepingPart() {
  const t = texts("review");
  const { results, isCandidate } = useReview();
  const { retention, log } = results;
  return (
    <section aria-labelledby="kept-title" data-testid="kept">
      <h2 id="kept-title">{t("keeping.title")}</h2>
      {retention && (
        <Facts
          rows={[
            [t("keeping.audio"), keptWords(retention.audio, retention.held_at)],
            [t("keeping.transcript"), keptWords(retention.transcript, retention.held_at)],
            ...(isCandidate
              ? []
              : [[t("keeping.scores"), keptWords(retention.scores, retention.held_at)] as [string, string]]),
          ]}
        />
      )}
      {log && <Proof entries={log.entries} head={log.head} />}
      {!isCandidate && retention && <Hold heldAt={retention.held_at} />}
      {!isCandidate && <Delete isHeld={Boolean(retention?.held_at)} />}
    </section>
  );
}

function keptWords(kept: Retention["audio"], heldAt: string | null): string {
  const t = texts("review");
  if (kept.deleted_at !== null) return t("keeping.deleted", { at: dateTime(kept.deleted_at) });
  if (heldAt !== null) return t("keeping.heldKept");
  return kept.delete_at !== null
    ? t("keeping.until", { at: dateTime(kept.delete_at) })
    : t("keeping.days", { count: kept.days });
}

/** The log's end and how to hold everything against it; who may, asks the server at once. */
function Proof({ entries, head }: { entries: number; head: string }) {
  const t = texts("review");
  const { results, api, isCandidate } = useReview();
  const [report, setReport] = useState<LogReport | null>(null);
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const verify = async (): Promise<void> => {
    setState("busy");
    try {
      setReport(await api.verify());
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  return (
    <>
      <h3>{t("proof.title")}</h3>
      <p>{t("proof.log", { count: entries })}</p>
      <p>
        <CopyText text={head} label={t("proof.head")} testId="log-head" />
      </p>
      <p>
        {t("proof.command")} <CopyText text={`viva verify ${results.session_id}`} label={t("proof.theCommand")} />
      </p>
      {!isCandidate && (
        <Button
          className="button small no-print"
          isDisabled={state === "busy"}
          onPress={() => void verify()}
          data-testid="verify"
        >
          <Icon name="check" /> {t("proof.verify")}
        </Button>
      )}
      <div role="status">
        {state === "failed" && <p>{t("tryAgain")}</p>}
        {report !== null && (
          <div data-testid="verdict" data-verdict={report.verdict}>
            <Panel tone={report.verdict === "differs" ? "error" : "good"} announced={false}>
              <p>{named("logVerdict", report.verdict)}</p>
              {report.findings.map(({ place, problem }) => (
                <p key={`${place} ${problem}`}>
                  {place}: {problem}
                </p>
              ))}
            </Panel>
          </div>
        )}
      </div>
    </>
  );
}

const REASON_CHARS_MAX = 500;

/** Forbids that anything is deleted, by hand or by time, until it is lifted. */
function Hold({ heldAt }: { heldAt: string | null }) {
  const t = texts("review");
  const { api, reload } = useReview();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const act = async (action: () => Promise<void>): Promise<void> => {
    setProblem(null);
    try {
      await action();
      setReason("");
      reload();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : t("tryAgain"));
    }
  };
  const hold = (event: FormEvent): void => {
    event.preventDefault();
    void act(() => api.hold(reason));
  };
  return (
    <div className="no-print">
      <h3>{t("hold.title")}</h3>
      {heldAt !== null ? (
        <div data-testid="held">
          <p>{t("hold.since", { at: dateTime(heldAt) })}</p>
          <Button className="button small" onPress={() => void act(() => api.release())} data-testid="release">
            {t("hold.release")}
          </Button>
        </div>
      ) : (
        <form onSubmit={hold}>
          <p>{t("hold.explain")}</p>
          <div className="inline-form">
            <label className="field">
              <span>{t("hold.reason")}</span>
              <input
                required
                maxLength={REASON_CHARS_MAX}
                value={reason}
                onChange={(event) => setReason(event.target.value)}
                data-testid="hold-reason"
              />
            </label>
            <Button className="button" type="submit" data-testid="hold">
              {t("hold.set")}
            </Button>
          </div>
        </form>
      )}
      <p role="alert">{problem}</p>
    </div>
  );
}

function Delete({ isHeld }: { isHeld: boolean }) {
  const t = texts("review");
  return (
    <div className="no-print">
      <h3>{t("delete.title")}</h3>
      {isHeld ? (
        <p>{t("delete.held")}</p>
      ) : (
        <DialogTrigger>
          <Button className="button danger" data-testid="delete">
            {t("delete.open")}
          </Button>
          <ModalOverlay className="overlay" isDismissable>
            <Modal className="modal">
              <Dialog className="dialog">{({ close }) => <DeleteForm onCancel={close} />}</Dialog>
            </Modal>
          </ModalOverlay>
        </DialogTrigger>
      )}
    </div>
  );
}

function DeleteForm({ onCancel }: { onCancel: () => void }) {
  const t = texts("review");
  const { results, api, onErased } = useReview();
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const word = t("delete.word");
  const isSure = typed.trim().toLocaleLowerCase() === word.toLocaleLowerCase();
  const erase = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isSure) {
      setProblem(t("delete.notTyped", { word }));
      return;
    }
    setBusy(true);
    try {
      await api.erase();
      onErased();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : t("tryAgain"));
      setBusy(false);
    }
  };
  const cards = results.evaluation?.scorecards.length ?? 0;
  return (
    <form onSubmit={(event) => void erase(event)}>
      <Heading slot="title">{t("delete.question")}</Heading>
      <p>{t("delete.goes")}</p>
      <ul>
        <li>{t("delete.turns", { count: results.transcript.length })}</li>
        {results.recording && results.recording.state !== "deleted" && <li>{t("delete.recording")}</li>}
        <li>{t("delete.names")}</li>
        <li>{t("delete.scores", { count: cards })}</li>
      </ul>
      <p>{t("delete.stays")}</p>
      <p>{t("delete.forever")}</p>
      <label className="field">
        <span>{t("delete.type", { word })}</span>
        <input
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          aria-describedby="delete-problem"
          data-testid="delete-word"
        />
      </label>
      <p id="delete-problem" role="alert">
        {problem}
      </p>
      <div className="actions">
        <Button className="button danger" type="submit" isDisabled={busy} data-testid="delete-now">
          {busy ? t("delete.busy") : t("delete.now")}
        </Button>
        <Button className="button" onPress={onCancel}>
          {t("cancel")}
        </Button>
      </div>
    </form>
  );
}

/** What is left of a session that was deleted. */
export function ReceiptView({ receipt }: { receipt: Receipt }) {
  const t = texts("review");
  return (
    <div data-testid="receipt">
      <Panel tone="good" announced={false}>
        <p>{t("receipt.done", { at: dateTime(receipt.erased_at) })}</p>
      </Panel>
      <p>{t("receipt.explain")}</p>
      <Facts
        rows={[
          [t("receipt.id"), <CopyText key="id" text={receipt.receipt_id} label={t("receipt.id")} />],
          [t("facts.session"), <CopyText key="session" text={receipt.session_id} label={t("facts.session")} />],
          [t("receipt.by"), named("author", receipt.by)],
          [t("receipt.files"), String(receipt.counts.files ?? 0)],
          [t("proof.head"), <CopyText key="head" text={receipt.log_head} label={t("proof.head")} />],
        ]}
      />
    </div>
  );
}
