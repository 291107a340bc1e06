/**
 * Interviews that are held and that were held: live ones first, and up to date by themselves.
 *
 * Stable `data-testid`s: session (data-session, data-status), filter-interview, filter-state, filter-text, watch,
 * read-results, export, more, issue-again, issued (dialog), no-sessions, sessions-problem.
 */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { language, texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { saveAs } from "../../ui/save";
import { Staff, StaffShell } from "../../ui/staff";
import { type SessionEntry, exportCsv, listInterviews, listSessions, makeInvite } from "./api";
import { Copyable } from "./Copyable";
import { Choice, TextBox } from "./fields";
import { problemText } from "./problem";
import { type Filter, failedForTechnicalReasons, inOrder, isLive, matches, nameOf } from "./sessions";
import "./interviewer.css";

const REFRESH_MS = 5_000;
const PAGE = 50;

export default function SessionsPage() {
  return (
    <Staff>
      <Sessions />
    </Staff>
  );
}

function Sessions() {
  const t = texts("interviewer");
  const [filter, setFilter] = useState<Filter>(() => ({
    interviewId: new URLSearchParams(window.location.search).get("interview") ?? "",
    state: "all",
    text: "",
  }));
  const asked = {
    interviewId: filter.interviewId === "" ? null : filter.interviewId,
    state: filter.state === "all" ? null : filter.state,
  };
  const pages = useInfiniteQuery({
    queryKey: ["sessions", asked],
    queryFn: ({ pageParam }) => listSessions(asked, PAGE, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  const all = pages.data?.pages.flatMap((page) => page.sessions) ?? [];
  const shown = inOrder(all.filter((session) => matches(session, filter.text)));
  const live = shown.filter(isLive);
  const ended = shown.filter((session) => !isLive(session));
  const isFiltered = filter.interviewId !== "" || filter.state !== "all" || filter.text !== "";
  return (
    <StaffShell title={t("sessions.title")} actions={<ExportButton interviewId={asked.interviewId} />}>
      <FilterRow filter={filter} onFilter={setFilter} />
      {pages.error !== null && (
        <Panel tone="warning" testId="sessions-problem">
          <p>{problemText(pages.error)}</p>
          {pages.data !== undefined && <p>{t("sessions.stale")}</p>}
        </Panel>
      )}
      {pages.data !== undefined && shown.length === 0 && (
        <p data-testid="no-sessions">{isFiltered ? t("sessions.noneFound") : t("sessions.none")}</p>
      )}
      {live.length > 0 && (
        <section aria-labelledby="live-title">
          <h2 id="live-title">{t("sessions.live", { count: live.length })}</h2>
          <SessionRows sessions={live} />
        </section>
      )}
      {ended.length > 0 && (
        <section aria-labelledby="ended-title">
          <h2 id="ended-title">{t("sessions.ended")}</h2>
          <SessionRows sessions={ended} />
        </section>
      )}
      {pages.hasNextPage && (
        <Button
          className="button"
          isDisabled={pages.isFetchingNextPage}
          onPress={() => void pages.fetchNextPage()}
          data-testid="more"
        >
          {t("sessions.more")}
        </Button>
      )}
    </StaffShell>
  );
}

function FilterRow({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  const t = texts("interviewer");
  const interviews = useQuery({ queryKey: ["interviews"], queryFn: listInterviews });
  const known = (interviews.data ?? []).map(({ interview_id, title }) => ({ value: interview_id, text: title }));
  const isKnown = filter.interviewId === "" || known.some(({ value }) => value === filter.interviewId);
  const options = [
    { value: "", text: t("sessions.allInterviews") },
    ...(isKnown ? [] : [{ value: filter.interviewId, text: filter.interviewId }]),
    ...known,
  ];
  return (
    <div className="columns filters">
      <Choice
        label={t("sessions.interview")}
        value={filter.interviewId}
        onChange={(interviewId) => onFilter({ ...filter, interviewId })}
        options={options}
        testId="filter-interview"
      />
      <Choice
        label={t("sessions.state")}
        value={filter.state}
        onChange={(state) => onFilter({ ...filter, state })}
        options={[
          { value: "all", text: t("sessions.stateAll") },
          { value: "live", text: t("sessions.stateLive") },
          { value: "ended", text: t("sessions.stateEnded") },
        ]}
        testId="filter-state"
      />
      <TextBox
        label={t("sessions.text")}
        type="search"
        value={filter.text}
        onChange={(text) => onFilter({ ...filter, text })}
        testId="filter-text"
      />
    </div>
  );
}

function SessionRows({ sessions }: { sessions: SessionEntry[] }) {
  return (
    <ul className="rows card">
      {sessions.map((session) => (
        <SessionRow key={session.session_id} session={session} />
      ))}
    </ul>
  );
}

function SessionRow({ session }: { session: SessionEntry }) {
  const t = texts("interviewer");
  const who = nameOf(session) ?? t("sessions.unnamed");
  const about = { name: who, title: session.title };
  const id = encodeURIComponent(session.session_id);
  const live = isLive(session);
  return (
    <li className="row" data-testid="session" data-session={session.session_id} data-status={session.status}>
      <span>
        <strong className="breakable">{who}</strong>
        <br />
        <span className="quiet" data-server-text="">
          {session.title}
        </span>
      </span>
      <span>
        <span className={`state-word state-${live ? "live" : "ended"}`}>{statusText(session)}</span>
        <br />
        <span className="quiet">{when(session)}</span>
      </span>
      <span className="quiet">{scoreText(session)}</span>
      <span className="row-actions">
        {live ? (
          <a
            className="button small primary"
            href={`/sessions/${id}`}
            aria-label={t("sessions.watchOf", about)}
            data-testid="watch"
          >
            <Icon name="speaker" /> {t("sessions.watch")}
          </a>
        ) : (
          <a
            className="button small"
            href={`/results/${id}`}
            aria-label={t("sessions.resultsOf", about)}
            data-testid="read-results"
          >
            {t("sessions.results")}
          </a>
        )}
        {failedForTechnicalReasons(session) && <IssueAgain session={session} about={about} />}
      </span>
    </li>
  );
}

function statusText(session: SessionEntry): string {
  const t = texts("interviewer");
  if (session.status === "ended")
    return session.end_reason === null ? t("status.ended") : t(`endReason.${session.end_reason}`);
  if (session.status === "active" && session.question.number > 0) return t("sessions.question", session.question);
  return t(`status.${session.status}`);
}

function when(session: SessionEntry): string {
  const t = texts("interviewer");
  const time = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" });
  const at = (text: string): string => time.format(Date.parse(text));
  if (session.started_at === null) return t("sessions.createdAt", { time: at(session.created_at) });
  if (session.ended_at === null) return t("sessions.startedAt", { time: at(session.started_at) });
  return time.formatRange(Date.parse(session.started_at), Date.parse(session.ended_at));
}

function scoreText(session: SessionEntry): string {
  const t = texts("interviewer");
  if (session.status !== "ended") return session.recording ? t("sessions.recorded") : "";
  const score = session.own_scorecard
    ? t("sessions.scored")
    : session.proposed_scorecard
      ? t("sessions.proposed")
      : t("sessions.notScored");
  return session.recording ? `${score} · ${t("sessions.recorded")}` : score;
}

/** A new link for somebody whose interview broke off for reasons that were not theirs. */
function IssueAgain({ session, about }: { session: SessionEntry; about: { name: string; title: string } }) {
  const t = texts("interviewer");
  const issue = useMutation({ mutationFn: () => makeInvite(session.interview_id, { attempts: 1 }) });
  return (
    <>
      <Button
        className="button small"
        isDisabled={issue.isPending}
        onPress={() => issue.mutate()}
        aria-label={t("sessions.issueOf", about)}
        data-testid="issue-again"
      >
        <Icon name="repeat" /> {t("sessions.issue")}
      </Button>
      {issue.error !== null && <span role="alert">{problemText(issue.error)}</span>}
      <ModalOverlay
        className="overlay"
        isDismissable
        isOpen={issue.isSuccess}
        onOpenChange={(open) => !open && issue.reset()}
      >
        <Modal className="modal">
          <Dialog className="dialog" data-testid="issued">
            <Heading slot="title">{t("sessions.issued", about)}</Heading>
            <p>{t("sessions.issuedText")}</p>
            {issue.data !== undefined && (
              <Copyable label={t("invite.link")} value={issue.data.url} testId="issued-link" />
            )}
            <div className="actions">
              <Button className="button primary" onPress={() => issue.reset()}>
                {t("invite.done")}
              </Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </>
  );
}

function ExportButton({ interviewId }: { interviewId: string | null }) {
  const t = texts("interviewer");
  const table = useMutation({
    mutationFn: () => exportCsv(interviewId),
    onSuccess: (csv) => saveAs(csv, "viva-sessions.csv"),
  });
  return (
    <div>
      <Button className="button" isDisabled={table.isPending} onPress={() => table.mutate()} data-testid="export">
        <Icon name="save" /> {table.isPending ? t("sessions.exporting") : t("sessions.export")}
      </Button>
      {table.error !== null && <p role="alert">{problemText(table.error)}</p>}
    </div>
  );
}
