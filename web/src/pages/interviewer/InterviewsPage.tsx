/**
 * One's own interviews, and those that come with Viva.
 *
 * Stable `data-testid`s: interview (data-interview), new-interview, search, try-it, invite, edit, copy, delete,
 * delete-confirm, no-interviews, interviews-problem.
 */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { data } from "../../client/rest";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Staff, StaffShell, rest, useMe } from "../../ui/staff";
import { type InterviewView, deleteInterview, listInterviews, startForMyself } from "./api";
import { ConfirmDialog } from "./ConfirmDialog";
import { InviteDialog } from "./InviteDialog";
import { TextBox } from "./fields";
import { problemText } from "./problem";
import "./interviewer.css";

/** What a card shows, of one's own and of built-in interviews alike. */
interface Card {
  id: string;
  title: string;
  description: string;
  questions: number;
  minutes: number;
}

export default function InterviewsPage() {
  return (
    <Staff>
      <Interviews />
    </Staff>
  );
}

function Interviews() {
  const t = texts("interviewer");
  const [search, setSearch] = useState("");
  const own = useQuery({ queryKey: ["interviews"], queryFn: listInterviews });
  const kinds = useQuery({ queryKey: ["kinds"], queryFn: async () => data(await rest.GET("/api/v1/kinds")).kinds });
  const matches = (card: Card): boolean =>
    `${card.title} ${card.description}`.toLowerCase().includes(search.trim().toLowerCase());
  const cards = (own.data ?? []).map(cardOf).filter(matches);
  const builtIn = (kinds.data ?? [])
    .map((kind) => ({ ...kind, id: kind.kind, questions: kind.question_count, minutes: kind.duration_minutes }))
    .filter(matches);
  const failed = own.error ?? kinds.error;
  return (
    <StaffShell
      title={t("interviews.title")}
      actions={
        <a className="button primary" href="/interviews/new" data-testid="new-interview">
          <Icon name="plus" /> {t("interviews.new")}
        </a>
      }
    >
      {failed !== null && (
        <Panel tone="error" testId="interviews-problem">
          <p>{problemText(failed)}</p>
        </Panel>
      )}
      {(own.data?.length ?? 0) > 3 && (
        <TextBox
          label={t("interviews.search")}
          type="search"
          value={search}
          onChange={setSearch}
          className="narrow"
          testId="search"
        />
      )}
      <section aria-labelledby="own-title">
        <h2 id="own-title">{t("interviews.own")}</h2>
        {own.data?.length === 0 && <NoInterviews />}
        {own.data !== undefined && own.data.length > 0 && cards.length === 0 && <p>{t("interviews.noneFound")}</p>}
        <ul className="cards">
          {cards.map((card) => (
            <InterviewCard key={card.id} card={card} isOwn />
          ))}
        </ul>
      </section>
      <section aria-labelledby="kinds-title">
        <h2 id="kinds-title">{t("interviews.builtIn")}</h2>
        <p className="quiet">{t("interviews.builtInHint")}</p>
        <ul className="cards">
          {builtIn.map((card) => (
            <InterviewCard key={card.id} card={card} isOwn={false} />
          ))}
        </ul>
      </section>
    </StaffShell>
  );
}

function cardOf(view: InterviewView): Card {
  const limitMinutes = Math.max(1, Math.floor((view.limits.max_duration_ms ?? Infinity) / 60_000));
  return {
    id: view.interview_id,
    title: view.title,
    description: view.description,
    questions: view.questions.length,
    minutes: Math.min(Math.max(1, view.questions.length * 2), limitMinutes),
  };
}

function NoInterviews() {
  const t = texts("interviewer");
  return (
    <div className="card" data-testid="no-interviews">
      <p>
        <strong>{t("interviews.emptyTitle")}</strong>
      </p>
      <ol>
        <li>{t("interviews.emptyFirst")}</li>
        <li>{t("interviews.emptySecond")}</li>
        <li>{t("interviews.emptyThird")}</li>
      </ol>
      <a className="button primary" href="/interviews/new">
        <Icon name="plus" /> {t("interviews.new")}
      </a>
    </div>
  );
}

function InterviewCard({ card, isOwn }: { card: Card; isOwn: boolean }) {
  const t = texts("interviewer");
  const me = useMe();
  const tryIt = useMutation({
    mutationFn: () => startForMyself(card.id, me?.name ?? null),
    onSuccess: (page) => window.location.assign(page),
  });
  const address = `/interviews/${encodeURIComponent(card.id)}`;
  const about = { title: card.title };
  return (
    <li className="card" data-testid="interview" data-interview={card.id}>
      <h3 data-server-text="">
        <a href={address}>{card.title}</a>
      </h3>
      <p className="quiet">
        {t("interviews.questions", { count: card.questions })} · {t("interviews.minutes", { count: card.minutes })}
      </p>
      {card.description !== "" && (
        <p className="clamped" data-server-text="">
          {card.description}
        </p>
      )}
      {tryIt.error !== null && (
        <Panel tone="error">
          <p>{problemText(tryIt.error)}</p>
        </Panel>
      )}
      <div className="card-actions">
        <InviteDialog
          interviewId={card.id}
          title={card.title}
          trigger={
            <Button
              className="button small primary"
              aria-label={t("interviews.inviteTo", about)}
              data-testid="invite"
            >
              <Icon name="mail" /> {t("interviews.invite")}
            </Button>
          }
        />
        <Button
          className="button small"
          isDisabled={tryIt.isPending || tryIt.isSuccess}
          onPress={() => tryIt.mutate()}
          aria-label={t("interviews.tryTitle", about)}
          data-testid="try-it"
        >
          <Icon name="microphone" /> {t("interviews.try")}
        </Button>
        {isOwn && (
          <a className="button small" href={address} aria-label={t("interviews.editTitle", about)} data-testid="edit">
            <Icon name="pencil" /> {t("interviews.edit")}
          </a>
        )}
        <a
          className="button small"
          href={`/interviews/new?from=${encodeURIComponent(card.id)}`}
          aria-label={isOwn ? t("interviews.copyTitle", about) : t("interviews.useTitle", about)}
          data-testid="copy"
        >
          <Icon name="copy" /> {isOwn ? t("interviews.copy") : t("interviews.use")}
        </a>
        {isOwn && <DeleteButton card={card} />}
      </div>
    </li>
  );
}

function DeleteButton({ card }: { card: Card }) {
  const t = texts("interviewer");
  const queries = useQueryClient();
  const gone = useMutation({
    mutationFn: () => deleteInterview(card.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["interviews"] }),
  });
  return (
    <>
      <ConfirmDialog
        title={t("interviews.deleteQuestion", { title: card.title })}
        keep={t("interviews.deleteKeep")}
        confirm={t("interviews.deleteConfirm")}
        testId="delete-confirm"
        onConfirm={() => gone.mutate()}
        trigger={
          <Button
            className="button small"
            isDisabled={gone.isPending}
            aria-label={t("interviews.deleteTitle", { title: card.title })}
            data-testid="delete"
          >
            <Icon name="trash" /> {t("interviews.delete")}
          </Button>
        }
      >
        <p>{t("interviews.deleteText")}</p>
      </ConfirmDialog>
      {gone.error !== null && <span role="alert">{problemText(gone.error)}</span>}
    </>
  );
}
