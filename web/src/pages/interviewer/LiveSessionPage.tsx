/**
 * An interview while it is held: what is said, where it stands, how good the line is. One looks on and can end it.
 *
 * Stable `data-testid`s: live (data-line, data-status), floor (data-floor), live-question, live-captions, live-caption
 * (data-role), quality (data-quality), elapsed, time-left, live-notices, live-end, live-end-confirm, live-ended,
 * live-results, live-problem.
 */
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { credential } from "../../client/account";
import type { ApiError } from "../../client/http";
import { data } from "../../client/rest";
import { type FollowState, follow } from "../../client/sse";
import type { TranscriptItem } from "../../client/types";
import { language, texts } from "../../i18n";
import { Icon, type IconName } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { clock } from "../../ui/format";
import { Staff, StaffShell, noteRefusal, rest } from "../../ui/staff";
import { ConfirmDialog } from "./ConfirmDialog";
import { type Floor, type LiveView, NOTHING_YET, applyMessage, elapsedMs, floorOf, qualityWord } from "./liveView";
import { problemText } from "./problem";
import "./interviewer.css";

export default function LiveSessionPage({ sessionId }: { sessionId: string }) {
  return (
    <Staff>
      <LiveSession sessionId={sessionId} />
    </Staff>
  );
}

/** Follows the events as long as the page is there. */
function useEvents(sessionId: string) {
  const [view, setView] = useState<LiveView>(NOTHING_YET);
  const [line, setLine] = useState<FollowState>({ name: "connecting" });
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const following = follow({
      url: `/api/interview/${encodeURIComponent(sessionId)}/events`,
      credential,
      signal: stop.signal,
      onState: setLine,
      onMessage: ({ data: text }) => {
        setView((before) => applyMessage(before, text, Date.now()));
        return text.includes('"type":"session.ended"');
      },
    });
    following.catch((failure: Error) => {
      noteRefusal(failure);
      setError(failure);
    });
    return () => stop.abort();
  }, [sessionId]);
  return { view, line, error };
}

function LiveSession({ sessionId }: { sessionId: string }) {
  const t = texts("interviewer");
  const shared = texts("shared");
  const about = useQuery({
    queryKey: ["status", sessionId],
    queryFn: async () =>
      data(await rest.GET("/api/interview/{session_id}/status", { params: { path: { session_id: sessionId } } })),
    staleTime: Infinity,
  });
  const { view, line, error } = useEvents(sessionId);
  const { interview } = view;
  const isOver = interview.phase.name === "ended";
  const failure = error ?? about.error;
  return (
    <StaffShell
      title={about.data?.title ?? (failure === null ? shared("moment") : t("live.title"))}
      actions={!isOver && failure === null && <EndButton sessionId={sessionId} />}
    >
      <p>
        <a href="/sessions">{t("live.toList")}</a>
      </p>
      {failure !== null && <Failure error={failure} />}
      {failure === null && (
        <div data-testid="live" data-line={isOver ? "over" : line.name} data-status={interview.status}>
          {isOver && <Over sessionId={sessionId} view={view} />}
          {!isOver && line.name === "waiting" && (
            <Panel tone="warning" testId="live-waiting">
              <p>{t("live.reconnecting")}</p>
            </Panel>
          )}
          <div className="live-columns">
            <div>
              {!isOver && <FloorPanel floor={floorOf(interview)} />}
              {interview.question !== null && interview.question.number > 0 && (
                <section className="card" aria-labelledby="question-title" data-testid="live-question">
                  <h2 id="question-title">{t("sessions.question", interview.question)}</h2>
                  <p data-server-text="">{interview.question.text}</p>
                </section>
              )}
              <Figures view={view} limitMs={about.data?.time_limit_ms ?? null} />
              <Notices view={view} />
            </div>
            <Captions items={interview.captions} />
          </div>
        </div>
      )}
    </StaffShell>
  );
}

function Failure({ error }: { error: Error }) {
  return (
    <Panel tone="error" testId="live-problem">
      <p>{problemText(error)}</p>
    </Panel>
  );
}

const FLOOR_ICONS: Record<Floor, IconName> = {
  waiting: "clock",
  interviewerSpeaks: "speaker",
  interviewerThinks: "dots",
  candidate: "microphone",
  away: "link",
  closing: "leave",
  nobody: "dots",
};

function FloorPanel({ floor }: { floor: Floor }) {
  const t = texts("interviewer");
  return (
    <div
      className={`turn ${floor === "candidate" ? "turn-user" : ""}`}
      role="status"
      data-testid="floor"
      data-floor={floor}
    >
      <Icon name={FLOOR_ICONS[floor]} />
      <p className="turn-title">{t(`live.floor.${floor}`)}</p>
    </div>
  );
}

/** The time in a second's steps. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function Figures({ view, limitMs }: { view: LiveView; limitMs: number | null }) {
  const t = texts("interviewer");
  const elapsed = elapsedMs(view, useNow());
  const isOver = view.interview.phase.name === "ended";
  const leftMs = limitMs === null || elapsed === null || isOver ? null : Math.max(0, limitMs - elapsed);
  return (
    <dl className="facts-table">
      <div>
        <dt>{t("live.elapsed")}</dt>
        <dd data-testid="elapsed">{elapsed === null ? t("live.notBegun") : clock(elapsed)}</dd>
      </div>
      {leftMs !== null && (
        <div>
          <dt>{t("live.left")}</dt>
          <dd data-testid="time-left">{clock(leftMs)}</dd>
        </div>
      )}
      <Line view={view} />
    </dl>
  );
}

/** The candidate's line, in a word and in figures. */
function Line({ view }: { view: LiveView }) {
  const t = texts("interviewer");
  const { quality } = view;
  if (quality === null) {
    return (
      <div>
        <dt>{t("live.line")}</dt>
        <dd data-testid="quality" data-quality="unknown">
          {t("live.quality.unknown")}
        </dd>
      </div>
    );
  }
  const ratio = new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(language(), { maximumFractionDigits: 0 });
  const figures = [
    t("live.loss", { ratio: ratio.format(quality.lossRatio) }),
    t("live.jitter", { ms: whole.format(quality.jitterMs) }),
    ...(quality.rttMs === null ? [] : [t("live.rtt", { ms: whole.format(quality.rttMs) })]),
  ];
  const word = qualityWord(quality);
  return (
    <div>
      <dt>{t("live.line")}</dt>
      <dd data-testid="quality" data-quality={word}>
        <strong>{t(`live.quality.${word}`)}</strong> <span className="quiet">{figures.join(", ")}</span>
      </dd>
    </div>
  );
}

function Notices({ view }: { view: LiveView }) {
  const { notices } = view.interview;
  return (
    <div className="stack" aria-live="polite" data-testid="live-notices">
      {notices.map(({ id, text, level }) => (
        <Panel key={id} tone={level} announced={false}>
          <p data-server-text="">{text}</p>
        </Panel>
      ))}
    </div>
  );
}

/** Further up than this from the end, and the reader is reading: new words do not pull them away. */
const NEAR_END_PX = 60;

function Captions({ items }: { items: readonly TranscriptItem[] }) {
  const t = texts("interviewer");
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo(0, box.current.scrollHeight);
  }, [items]);
  const onScroll = (): void => {
    const { scrollTop, clientHeight, scrollHeight } = box.current ?? document.documentElement;
    isAtEnd.current = scrollTop + clientHeight > scrollHeight - NEAR_END_PX;
  };
  return (
    <section aria-labelledby="captions-title" className="captions-section">
      <h2 id="captions-title">{t("live.captions")}</h2>
      <div
        ref={box}
        className="captions live-captions"
        role="log"
        aria-live="polite"
        aria-labelledby="captions-title"
        tabIndex={0}
        onScroll={onScroll}
        data-testid="live-captions"
      >
        {items.length === 0 && <p className="quiet">{t("live.noCaptions")}</p>}
        {items.map((item) => (
          <div
            key={item.item_id}
            className={`caption caption-${item.role}`}
            data-testid="live-caption"
            data-role={item.role}
            data-state={item.state}
          >
            <span className="caption-who">
              {item.role === "user" ? t("live.candidate") : t("live.interviewer")}
              {item.state === "interim" && <span className="quiet"> {t("live.interim")}</span>}
            </span>
            <span data-server-text="">
              {item.state === "missing" ? t("live.missing") : item.content === "" ? "…" : item.content}
            </span>
          </div>
        ))}
      </div>
    </section>
  );
}

function EndButton({ sessionId }: { sessionId: string }) {
  const t = texts("interviewer");
  const end = useMutation<unknown, ApiError>({
    mutationFn: () => rest.POST("/api/interview/{session_id}/end", { params: { path: { session_id: sessionId } } }),
  });
  return (
    <div>
      <ConfirmDialog
        title={t("live.endQuestion")}
        keep={t("live.endKeep")}
        confirm={t("live.endConfirm")}
        testId="live-end-confirm"
        onConfirm={() => end.mutate()}
        trigger={
          <Button className="button danger" isDisabled={end.isPending} data-testid="live-end">
            <Icon name="leave" /> {end.isPending ? t("live.ending") : t("live.end")}
          </Button>
        }
      >
        <p>{t("live.endText")}</p>
      </ConfirmDialog>
      {end.error !== null && <p role="alert">{problemText(end.error)}</p>}
    </div>
  );
}

const END_REASONS = [
  "completed",
  "candidate_ended",
  "platform_ended",
  "time_limit",
  "network_lost",
  "expired",
  "interrupted",
  "budget",
  "engine_failed",
  "internal",
] as const;

function Over({ sessionId, view }: { sessionId: string; view: LiveView }) {
  const t = texts("interviewer");
  const { phase } = view.interview;
  const reason = END_REASONS.find((known) => phase.name === "ended" && known === phase.endReason);
  return (
    <Panel tone="good" testId="live-ended">
      <p>
        <strong>{reason === undefined ? t("status.ended") : t(`endReason.${reason}`)}</strong> {t("live.over")}
      </p>
      <a
        className="button small primary"
        href={`/results/${encodeURIComponent(sessionId)}`}
        data-testid="live-results"
      >
        {t("live.results")}
      </a>
    </Panel>
  );
}
