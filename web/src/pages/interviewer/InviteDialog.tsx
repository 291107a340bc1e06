/**
 * An invitation: when, how often, and for whom; then its link, which is shown once.
 *
 * Stable `data-testid`s: invite-form, opens-at, closes-at, attempts, invite-email, invite-name, make-invite,
 * invite-problem, invite-link, invite-link-copy, invite-mailed, invite-mailto.
 */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { ApiError } from "../../client/http";
import { language, texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { type MadeInvite, makeInvite } from "./api";
import { Copyable } from "./Copyable";
import { NumberBox, TextBox } from "./fields";
import { type InviteForm, bodyOf, emptyInvite, mailAddress, zoneName } from "./invite";
import { problemText } from "./problem";

interface InviteDialogProps {
  interviewId: string;
  title: string;
  trigger: ReactNode;
}

export function InviteDialog({ interviewId, title, trigger }: InviteDialogProps) {
  const t = texts("interviewer");
  return (
    <DialogTrigger>
      {trigger}
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog className="dialog">
            {({ close }) => (
              <>
                <Heading slot="title">{t("invite.title", { title })}</Heading>
                <InvitePart interviewId={interviewId} title={title} onClose={close} />
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

function InvitePart({ interviewId, title, onClose }: { interviewId: string; title: string; onClose: () => void }) {
  const [form, setForm] = useState<InviteForm>(() => emptyInvite());
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: () => makeInvite(interviewId, bodyOf(form)),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["invites", interviewId] }),
  });
  if (make.data !== undefined) {
    const again = (): void => {
      make.reset();
      setForm({ ...form, name: "", email: "" });
    };
    return <InviteMade invite={make.data} form={form} title={title} onAgain={again} onClose={onClose} />;
  }
  return (
    <InviteFields
      form={form}
      onForm={setForm}
      error={make.error}
      busy={make.isPending}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    />
  );
}

interface InviteFieldsProps {
  form: InviteForm;
  onForm: (form: InviteForm) => void;
  error: Error | null;
  busy: boolean;
  onSubmit: () => void;
  onClose: () => void;
}

function InviteFields({ form, onForm, error, busy, onSubmit, onClose }: InviteFieldsProps) {
  const t = texts("interviewer");
  const fields = error instanceof ApiError ? error.fields : [];
  const at = (pointer: string): string | undefined => fields.find((field) => field.pointer === pointer)?.detail;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit} noValidate data-testid="invite-form">
      <InviteWindow form={form} onForm={onForm} at={at} />
      <NumberBox
        label={t("invite.attempts")}
        value={form.attempts}
        onChange={(attempts) => onForm({ ...form, attempts })}
        hint={t("invite.attemptsHint")}
        error={at("/attempts")}
        testId="attempts"
      />
      <div className="columns">
        <TextBox
          label={t("invite.email")}
          type="email"
          value={form.email}
          onChange={(email) => onForm({ ...form, email })}
          hint={t("invite.emailHint")}
          error={at("/email")}
          autoComplete="off"
          testId="invite-email"
        />
        <TextBox
          label={t("invite.name")}
          value={form.name}
          onChange={(name) => onForm({ ...form, name })}
          error={at("/name")}
          autoComplete="off"
          maxLength={80}
          testId="invite-name"
        />
      </div>
      {error !== null && fields.length === 0 && (
        <Panel tone="error" testId="invite-problem">
          <p>{inviteProblem(error)}</p>
        </Panel>
      )}
      <div className="actions">
        <Button className="button primary" type="submit" isDisabled={busy} data-testid="make-invite">
          {busy ? t("invite.making") : form.email.trim() === "" ? t("invite.make") : t("invite.makeAndMail")}
        </Button>
        <Button className="button" onPress={onClose}>
          {t("invite.cancel")}
        </Button>
      </div>
    </form>
  );
}

interface InviteWindowProps {
  form: InviteForm;
  onForm: (form: InviteForm) => void;
  /** What is wrong with a field. */
  at: (pointer: string) => string | undefined;
}

function InviteWindow({ form, onForm, at }: InviteWindowProps) {
  const t = texts("interviewer");
  return (
    <div className="columns">
      <TextBox
        label={t("invite.opens")}
        type="datetime-local"
        value={form.opens}
        onChange={(opens) => onForm({ ...form, opens })}
        hint={t("invite.opensHint")}
        error={at("/opens_at")}
        testId="opens-at"
      />
      <TextBox
        label={t("invite.closes")}
        type="datetime-local"
        value={form.closes}
        onChange={(closes) => onForm({ ...form, closes })}
        hint={t("invite.zone", { zone: zoneName(language()) })}
        error={at("/closes_at")}
        testId="closes-at"
      />
    </div>
  );
}

function inviteProblem(error: Error): string {
  const t = texts("interviewer");
  if (error instanceof ApiError && error.code === "mail_not_configured") return t("invite.noMailer");
  return problemText(error);
}

interface InviteMadeProps {
  invite: MadeInvite;
  form: InviteForm;
  title: string;
  onAgain: () => void;
  onClose: () => void;
}

function InviteMade({ invite, form, title, onAgain, onClose }: InviteMadeProps) {
  const t = texts("interviewer");
  const until = new Intl.DateTimeFormat(language(), { dateStyle: "full", timeStyle: "short" }).format(
    Date.parse(invite.closes_at),
  );
  const mail = mailAddress(form.email, t("invite.mailSubject", { title }), [
    form.name.trim() === "" ? t("invite.mailHello") : t("invite.mailHelloName", { name: form.name.trim() }),
    t("invite.mailText", { title, until }),
    invite.url,
  ]);
  return (
    <div className="stack">
      <Panel tone="good" testId="invite-mailed">
        <p>{invite.mailed === true ? t("invite.mailed", { email: form.email.trim() }) : t("invite.made")}</p>
      </Panel>
      <Copyable label={t("invite.link")} value={invite.url} testId="invite-link" />
      <p className="quiet">{t("invite.once", { count: invite.attempts, until })}</p>
      <div className="actions">
        <a className="button" href={mail} data-testid="invite-mailto">
          <Icon name="mail" /> {t("invite.ownMail")}
        </a>
        <Button className="button" onPress={onAgain}>
          {t("invite.another")}
        </Button>
        <Button className="button primary" onPress={onClose} data-testid="invite-done">
          {t("invite.done")}
        </Button>
      </div>
    </div>
  );
}
