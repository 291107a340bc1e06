/**
 * The invitations to an interview: what became of each, and a way to close it.
 *
 * Stable `data-testid`s: invites, invite-row (data-state), close-invite, close-invite-confirm.
 */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "react-aria-components/Button";
import { language, texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { type InviteView, closeInvite, listInvites } from "./api";
import { ConfirmDialog } from "./ConfirmDialog";
import { InviteDialog } from "./InviteDialog";
import { problemText } from "./problem";

interface InvitesPartProps {
  interviewId: string;
  title: string;
  /** Where only some may see the list (built-in kinds), a refusal is no news. */
  isQuiet?: boolean;
}

export function InvitesPart({ interviewId, title, isQuiet = false }: InvitesPartProps) {
  const t = texts("interviewer");
  const invites = useQuery({ queryKey: ["invites", interviewId], queryFn: () => listInvites(interviewId) });
  if (isQuiet && invites.data === undefined) return null;
  return (
    <section className="card" aria-labelledby="invites" data-testid="invites">
      <div className="title-row">
        <h2 id="invites">{t("invites.title")}</h2>
        <InviteDialog
          interviewId={interviewId}
          title={title}
          trigger={
            <Button className="button" data-testid="invite-more">
              <Icon name="mail" /> {t("invites.new")}
            </Button>
          }
        />
      </div>
      {invites.error !== null && (
        <Panel tone="error">
          <p>{problemText(invites.error)}</p>
        </Panel>
      )}
      {invites.data?.length === 0 && <p>{t("invites.none")}</p>}
      <ul className="rows">
        {(invites.data ?? []).map((invite) => (
          <InviteRow key={invite.invite_id} invite={invite} />
        ))}
      </ul>
    </section>
  );
}

function isState(state: string): state is "scheduled" | "open" | "used_up" | "closed" {
  return ["scheduled", "open", "used_up", "closed"].includes(state);
}

function InviteRow({ invite }: { invite: InviteView }) {
  const t = texts("interviewer");
  const queries = useQueryClient();
  const close = useMutation({
    mutationFn: () => closeInvite(invite.interview_id, invite.invite_id),
    onSettled: () => queries.invalidateQueries({ queryKey: ["invites", invite.interview_id] }),
  });
  const time = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" });
  const made = time.format(Date.parse(invite.created_at));
  const canClose = invite.state === "open" || invite.state === "scheduled";
  return (
    <li className="row invite-row" data-testid="invite-row" data-state={invite.state}>
      <span>
        <strong className="state-word">
          {isState(invite.state) ? t(`invites.state.${invite.state}`) : invite.state}
        </strong>
        <br />
        <span className="quiet">{t("invites.made", { time: made })}</span>
      </span>
      <span>
        {time.formatRange(Date.parse(invite.opens_at), Date.parse(invite.closes_at))}
        <br />
        <span className="quiet">{t("invites.used", { used: invite.attempts_used, attempts: invite.attempts })}</span>
      </span>
      <span className="row-actions">
        {canClose && (
          <ConfirmDialog
            title={t("invites.closeQuestion")}
            keep={t("invites.closeKeep")}
            confirm={t("invites.closeConfirm")}
            testId="close-invite-confirm"
            onConfirm={() => close.mutate()}
            trigger={
              <Button
                className="button small"
                isDisabled={close.isPending}
                aria-label={t("invites.closeOf", { time: made })}
                data-testid="close-invite"
              >
                {t("invites.close")}
              </Button>
            }
          >
            <p>{t("invites.closeText")}</p>
          </ConfirmDialog>
        )}
        {close.error !== null && <span role="alert">{problemText(close.error)}</span>}
      </span>
    </li>
  );
}
