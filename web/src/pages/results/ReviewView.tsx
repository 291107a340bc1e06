/**
 * The whole of a review: facts, timeline with the player, conversation beside the scores, figures, keeping.
 *
 * Stable `data-testid`s: results (data-status, data-end-reason), results-status, view-transcript, view-answers.
 */
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import type { ReviewApi } from "../../client/reviewApi";
import { type ReviewResults, timelineOf } from "../../client/review";
import { momentFromHash } from "../../client/reviewMoment";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { clock } from "../../ui/format";
import { AnswersPart } from "./AnswersPart";
import { CopyText } from "./CopyText";
import { ExportMenu } from "./ExportMenu";
import { Facts } from "./Facts";
import { KeepingPart } from "./KeepingPart";
import { CostPart, MeasuresPart } from "./MeasuresPart";
import { ListeningPart, Transport } from "./PlayerPart";
import { ScoresPart } from "./ScoresPart";
import { Highlights, TimelinePart } from "./TimelinePart";
import { TranscriptPart } from "./TranscriptPart";
import { Player } from "./player";
import { type Review, ReviewContext } from "./review";
import { dateTime, named } from "./say";
import { bestKind, loadSound } from "./sound";

interface ReviewViewProps {
  results: ReviewResults;
  api: ReviewApi;
  isCandidate: boolean;
  frame: (title: string, children: ReactNode, actions?: ReactNode) => ReactNode;
  reload: () => void;
}

export function ReviewView({ results, api, isCandidate, frame, reload }: ReviewViewProps) {
  const t = texts("review");
  const timeline = useMemo(() => timelineOf(results), [results]);
  const player = usePlayerOf(results, api, timeline.lengthMs);
  const review: Review = useMemo(
    () => ({ results, timeline, api, player, isCandidate, reload, onErased: reload }),
    [results, timeline, api, player, isCandidate, reload],
  );
  const over = results.status === "ended";
  const title = results.title ? t("titleOf", { title: results.title }) : t("title");
  const evaluation = over ? (results.evaluation ?? null) : null;
  return (
    <ReviewContext value={review}>
      {frame(
        title,
        <div data-testid="results" data-status={results.status} data-end-reason={results.end_reason ?? ""}>
          <StatusPanel results={results} onReload={reload} />
          <AboutSession results={results} />
          <ListeningPart>
            <TimelinePart />
            <Highlights />
          </ListeningPart>
          {timeline.lengthMs > 0 && <Transport />}
          <div className={evaluation === null ? undefined : "beside"}>
            <Conversation />
            {evaluation !== null && <ScoresPart evaluation={evaluation} />}
          </div>
          <MeasuresPart />
          {!isCandidate && results.usage && <CostPart usage={results.usage} />}
          {over && <KeepingPart />}
          <p className="quiet">{t("caution")}</p>
          <Button className="button no-print" onPress={() => window.print()}>
            {t("print")}
          </Button>
        </div>,
        over && <ExportMenu />,
      )}
    </ReviewContext>
  );
}

/** What can be played changes only with the recording; scores that come in do not stop the sound. */
function usePlayerOf(results: ReviewResults, api: ReviewApi, lengthMs: number): Player {
  const recording = results.recording ?? null;
  const known = recording === null ? "" : `${recording.state} ${recording.duration_ms} ${recording.wav_url}`;
  const player = useMemo(() => {
    const isThere = recording?.state === "ready" || recording?.state === "partial";
    const kind = recording !== null && isThere ? bestKind(recording) : null;
    const load = kind === null || recording === null ? null : recording;
    const file = (url: string) => api.session.file(url);
    const source =
      load === null || kind === null ? null : { kind, load: (wanted: typeof kind) => loadSound(load, wanted, file) };
    return new Player(source, lengthMs, momentFromHash(window.location.hash) ?? 0);
    // `known` stands for what matters of the recording.
  }, [api, known, lengthMs]);
  useEffect(() => {
    const jump = (): void => {
      const moment = momentFromHash(window.location.hash);
      if (moment === null) return;
      player.setFollowing(true);
      player.seek(moment);
    };
    window.addEventListener("hashchange", jump);
    return () => {
      window.removeEventListener("hashchange", jump);
      player.close();
    };
  }, [player]);
  return player;
}

function StatusPanel({ results, onReload }: { results: ReviewResults; onReload: () => void }) {
  const t = texts("review");
  const over = results.status === "ended";
  const state = over ? t("status.over") : t("status.live");
  const reason = results.end_reason === null ? "" : named("end", results.end_reason);
  return (
    <Panel tone={over ? "good" : "info"} testId="results-status" announced={false}>
      <p>{reason === "" ? t("status.plain", { state }) : t("status.because", { state, reason })}</p>
      {!over && (
        <Button className="button small no-print" onPress={onReload}>
          <Icon name="repeat" /> {t("status.reload")}
        </Button>
      )}
    </Panel>
  );
}

function AboutSession({ results }: { results: ReviewResults }) {
  const t = texts("review");
  const lengthMs = results.duration_ms;
  return (
    <Facts
      rows={[
        [t("facts.candidate"), results.user_id ?? ""],
        [t("facts.started"), dateTime(results.started_at ?? results.created_at)],
        [t("facts.ended"), dateTime(results.ended_at)],
        [t("facts.length"), typeof lengthMs === "number" ? clock(lengthMs) : ""],
        [t("facts.interview"), results.interview_id && idOf(results.interview_id, t("facts.interview"))],
        [t("facts.session"), idOf(results.session_id, t("facts.session"))],
      ]}
    />
  );
}

function idOf(id: string, label: string): ReactNode {
  return <CopyText text={id} label={label} isSmall />;
}

function Conversation() {
  const t = texts("review");
  const [view, setView] = useState<string>("transcript");
  return (
    <section aria-labelledby="conversation-title">
      <h2 id="conversation-title">{t("views.title")}</h2>
      <Tabs selectedKey={view} onSelectionChange={(key) => setView(String(key))}>
        <TabList className="tabs no-print" aria-label={t("views.label")}>
          <Tab className="tab" id="transcript" data-testid="view-transcript">
            {t("views.transcript")}
          </Tab>
          <Tab className="tab" id="answers" data-testid="view-answers">
            {t("views.answers")}
          </Tab>
        </TabList>
        <TabPanel className="tab-panel" id="transcript">
          <TranscriptPart />
        </TabPanel>
        <TabPanel className="tab-panel" id="answers">
          <AnswersPart />
        </TabPanel>
      </Tabs>
    </section>
  );
}
