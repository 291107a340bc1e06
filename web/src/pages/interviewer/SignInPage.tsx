/**
 * Sign-in: an address, the code that was mailed to it, the first time a name; then back to where one came from.
 *
 * Stable `data-testid`s: sign-in (data-step), email, send-code, code, check-code, resend, user-name, keep-name,
 * sign-in-problem, outbox, api-key, use-api-key, already-in.
 */
import { type FormEvent, type ReactNode, useCallback, useEffect, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Disclosure, DisclosurePanel, Heading } from "react-aria-components/Disclosure";
import { credential, keepApiKey, localTarget, signOut } from "../../client/account";
import { ApiError, HttpClient } from "../../client/http";
import { language, texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Shell } from "../../ui/Shell";
import type { Me } from "../../ui/staff";
import { TextBox } from "./fields";
import { CODE_LIFE_MS, RESEND_AFTER_MS, TRIES, choose, digitsOf, enter, sendCode, verify } from "./signIn";
import "./interviewer.css";

type Step = { name: "email" } | { name: "code"; sentAtMs: number; tries: number } | { name: "name"; proof: string };

function leave(): void {
  const then = new URLSearchParams(window.location.search).get("then");
  window.location.replace(localTarget(then, window.location.origin));
}

export default function SignInPage() {
  const t = texts("interviewer");
  const [step, setStep] = useState<Step>({ name: "email" });
  const [email, setEmail] = useState("");
  const [me, setMe] = useState<Me | null>(null);
  const look = useCallback(() => {
    // Nobody, or no answer: the form is what helps, and it says what is wrong.
    new HttpClient("", credential()).get<Me>("/api/v1/me").then(setMe, () => setMe(null));
  }, []);
  useEffect(look, [look]);
  const titles = { email: t("signIn.title"), code: t("signIn.codeTitle"), name: t("signIn.nameTitle") };
  const goOn = (proof: string, outcome: "in" | "no_name"): void => {
    if (outcome === "in") leave();
    else setStep({ name: "name", proof });
  };
  return (
    <Shell title={titles[step.name]} step={step.name}>
      <div data-testid="sign-in" data-step={step.name}>
        {step.name === "email" && me !== null && (
          <AlreadyIn
            me={me}
            onSignOut={() => {
              signOut();
              look();
            }}
          />
        )}
        {step.name === "email" && (
          <EmailStep
            email={email}
            onEmail={setEmail}
            onSent={() => setStep({ name: "code", sentAtMs: Date.now(), tries: 0 })}
          />
        )}
        {step.name === "code" && (
          <CodeStep
            email={email}
            step={step}
            onStep={setStep}
            onProof={goOn}
            onOtherAddress={() => setStep({ name: "email" })}
          />
        )}
        {step.name === "name" && <NameStep email={email} proof={step.proof} onIn={leave} />}
        {step.name !== "name" && me?.is_development === true && (
          <p className="quiet">
            {t("signIn.outbox")}{" "}
            <a href="/dev/outbox" target="_blank" rel="noreferrer" data-testid="outbox">
              {t("signIn.outboxLink")}
            </a>
          </p>
        )}
        {step.name === "email" && <ApiKeyPart />}
      </div>
    </Shell>
  );
}

/** In open mode nobody needs to sign in; and who did already need not again. */
function AlreadyIn({ me, onSignOut }: { me: Me; onSignOut: () => void }) {
  const t = texts("interviewer");
  const isLocal = me.principal === "local";
  return (
    <section className="card" data-testid="already-in" data-principal={me.principal}>
      <p>{isLocal ? t("signIn.open") : t("signIn.already", { name: me.name ?? me.email ?? t("signIn.platform") })}</p>
      <div className="actions">
        <Button className="button primary" onPress={leave}>
          {t("signIn.goOn")}
        </Button>
        {!isLocal && (
          <Button className="button" onPress={onSignOut}>
            {t("signIn.signOut")}
          </Button>
        )}
      </div>
    </section>
  );
}

/** Runs one call at a time and keeps what went wrong, in words. */
function useCall() {
  const t = texts("interviewer");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiError | string | null>(null);
  const run = async (call: () => Promise<void>): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await call();
    } catch (error) {
      setProblem(error instanceof ApiError ? error : t("signIn.unreachable"));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, setProblem, run };
}

function Problem({ problem }: { problem: ApiError | string | null }) {
  const t = texts("interviewer");
  if (problem === null) return null;
  return (
    <Panel tone="error" testId="sign-in-problem">
      <p>{typeof problem === "string" ? problem : inWords(problem, t)}</p>
    </Panel>
  );
}

function inWords(error: ApiError, t: ReturnType<typeof texts<"interviewer">>): string {
  if (error.code === "not_configured") return t("signIn.notConfigured");
  if (error.code === "proof_needed") return t("signIn.proofGone");
  if (error.status === 429 && error.retryAfterMs !== null)
    return t("signIn.tooOften", { count: Math.max(1, Math.ceil(error.retryAfterMs / 60_000)) });
  return error.message;
}

function detailOf(problem: ApiError | string | null, pointer: string): string | undefined {
  if (problem === null || typeof problem === "string") return undefined;
  return problem.fields.find((field) => field.pointer === pointer)?.detail;
}

interface FormProps {
  onSubmit: () => void;
  children: ReactNode;
}

function Form({ onSubmit, children }: FormProps) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className="card narrow" onSubmit={submit} noValidate>
      {children}
    </form>
  );
}

interface EmailStepProps {
  email: string;
  onEmail: (email: string) => void;
  onSent: () => void;
}

function EmailStep({ email, onEmail, onSent }: EmailStepProps) {
  const t = texts("interviewer");
  const { busy, problem, setProblem, run } = useCall();
  const wrongAddress = detailOf(problem, "/email") === undefined ? undefined : t("signIn.wrongAddress");
  const submit = (): void => {
    if (!/^\S+@\S+$/.test(email.trim())) {
      setProblem(new ApiError(400, "invalid_request", "", null, null, [{ pointer: "/email", detail: "" }]));
      return;
    }
    void run(async () => {
      await sendCode(email.trim());
      onEmail(email.trim());
      onSent();
    });
  };
  return (
    <Form onSubmit={submit}>
      <p>{t("signIn.intro")}</p>
      <TextBox
        label={t("signIn.email")}
        type="email"
        autoComplete="email"
        value={email}
        onChange={onEmail}
        error={wrongAddress}
        isRequired
        testId="email"
      />
      {wrongAddress === undefined && <Problem problem={problem} />}
      <Button className="button primary" type="submit" isDisabled={busy} data-testid="send-code">
        {busy ? t("signIn.sending") : t("signIn.send")}
      </Button>
    </Form>
  );
}

interface CodeStepProps {
  email: string;
  step: { name: "code"; sentAtMs: number; tries: number };
  onStep: (step: Step) => void;
  onProof: (proof: string, outcome: "in" | "no_name") => void;
  onOtherAddress: () => void;
}

/** The time in a second's steps, for what is counted down. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function CodeStep({ email, step, onStep, onProof, onOtherAddress }: CodeStepProps) {
  const t = texts("interviewer");
  const { busy, problem, setProblem, run } = useCall();
  const [code, setCode] = useState("");
  const [resent, setResent] = useState(false);
  const now = useNow();
  const resendInS = Math.max(0, Math.ceil((step.sentAtMs + RESEND_AFTER_MS - now) / 1000));
  const isExpired = now > step.sentAtMs + CODE_LIFE_MS;
  const triesLeft = TRIES - step.tries;
  const error = codeError({ isExpired, triesLeft, step, problem });
  const submit = (): void => {
    if (code.length !== 6) {
      setProblem(t("signIn.sixDigits"));
      return;
    }
    void run(async () => {
      try {
        const proof = await verify(email, code);
        onProof(proof, await enter(email, proof));
      } catch (error) {
        if (error instanceof ApiError && error.code === "wrong_code") onStep({ ...step, tries: step.tries + 1 });
        throw error;
      }
    });
  };
  const resend = (): void =>
    void run(async () => {
      await sendCode(email);
      setCode("");
      setResent(true);
      onStep({ name: "code", sentAtMs: Date.now(), tries: 0 });
    });
  const until = new Intl.DateTimeFormat(language(), { timeStyle: "short" }).format(step.sentAtMs + CODE_LIFE_MS);
  return (
    <Form onSubmit={submit}>
      <p>
        {t("signIn.sentTo")} <strong className="breakable">{email}</strong>. {t("signIn.holdsUntil", { until })}
      </p>
      <TextBox
        label={t("signIn.code")}
        value={code}
        onChange={(text) => setCode(digitsOf(text))}
        inputMode="numeric"
        autoComplete="one-time-code"
        hint={t("signIn.codeHint")}
        error={error}
        isRequired
        autoFocus
        className="code-field"
        testId="code"
      />
      {error === undefined && <Problem problem={problem} />}
      <p role="status" className="quiet">
        {resent && problem === null ? t("signIn.resent") : ""}
      </p>
      <CodeButtons
        busy={busy}
        canCheck={!isExpired && triesLeft > 0}
        resendInS={resendInS}
        onResend={resend}
        onOtherAddress={onOtherAddress}
      />
    </Form>
  );
}

interface CodeButtonsProps {
  busy: boolean;
  canCheck: boolean;
  resendInS: number;
  onResend: () => void;
  onOtherAddress: () => void;
}

function CodeButtons({ busy, canCheck, resendInS, onResend, onOtherAddress }: CodeButtonsProps) {
  const t = texts("interviewer");
  return (
    <div className="actions">
      <Button className="button primary" type="submit" isDisabled={busy || !canCheck} data-testid="check-code">
        {busy ? t("signIn.checking") : t("signIn.check")}
      </Button>
      <Button className="button" isDisabled={busy || resendInS > 0} onPress={onResend} data-testid="resend">
        {resendInS > 0 ? t("signIn.resendIn", { seconds: resendInS }) : t("signIn.resend")}
      </Button>
      <Button className="button" onPress={onOtherAddress}>
        {t("signIn.otherAddress")}
      </Button>
    </div>
  );
}

interface CodeTrouble {
  isExpired: boolean;
  triesLeft: number;
  step: { tries: number };
  problem: ApiError | string | null;
}

function codeError({ isExpired, triesLeft, step, problem }: CodeTrouble): string | undefined {
  const t = texts("interviewer");
  if (isExpired) return t("signIn.expired");
  if (triesLeft <= 0) return t("signIn.usedUp");
  if (typeof problem === "string") return problem;
  if (problem?.code === "wrong_code" && step.tries > 0) return t("signIn.wrongCode", { count: triesLeft });
  return undefined;
}

function NameStep({ email, proof, onIn }: { email: string; proof: string; onIn: () => void }) {
  const t = texts("interviewer");
  const { busy, problem, run } = useCall();
  const [name, setName] = useState("");
  const [isReminded, setReminded] = useState(false);
  const isGood = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,30}[a-zA-Z0-9]$/.test(name.trim());
  const isTaken = problem instanceof ApiError && problem.code === "name_taken";
  const error = isTaken ? t("signIn.nameTaken") : isReminded && !isGood ? t("signIn.nameRule") : undefined;
  const submit = (): void => {
    setReminded(true);
    if (!isGood) return;
    void run(async () => {
      await choose(email, name.trim(), proof);
      await enter(email, proof);
      onIn();
    });
  };
  return (
    <Form onSubmit={submit}>
      <p>{t("signIn.nameIntro")}</p>
      <TextBox
        label={t("signIn.name")}
        value={name}
        onChange={setName}
        autoComplete="username"
        maxLength={32}
        hint={t("signIn.nameRule")}
        error={error}
        isRequired
        testId="user-name"
      />
      {!isTaken && <Problem problem={problem} />}
      <Button className="button primary" type="submit" isDisabled={busy} data-testid="keep-name">
        {busy ? t("signIn.checking") : t("signIn.keepName")}
      </Button>
    </Form>
  );
}

/** For platforms; a person hardly needs it. */
function ApiKeyPart() {
  const t = texts("interviewer");
  const { busy, problem, run } = useCall();
  const [key, setKey] = useState("");
  const isUnknown = problem instanceof ApiError && problem.status === 401;
  const submit = (): void =>
    void run(async () => {
      await new HttpClient("", { apiKey: key.trim() }).get<Me>("/api/v1/me");
      keepApiKey(key.trim());
      leave();
    });
  return (
    <Disclosure className="disclosure">
      <Heading level={2}>
        <Button slot="trigger" className="link-button" data-testid="api-key-open">
          <Icon name="down" /> {t("signIn.apiKeyTitle")}
        </Button>
      </Heading>
      <DisclosurePanel>
        <Form onSubmit={submit}>
          <p>{t("signIn.apiKeyIntro")}</p>
          <TextBox
            label={t("signIn.apiKey")}
            type="password"
            autoComplete="off"
            value={key}
            onChange={setKey}
            error={isUnknown ? t("signIn.apiKeyUnknown") : undefined}
            testId="api-key"
          />
          {!isUnknown && <Problem problem={problem} />}
          <Button className="button" type="submit" isDisabled={busy || key.trim() === ""} data-testid="use-api-key">
            {t("signIn.apiKeyUse")}
          </Button>
        </Form>
      </DisclosurePanel>
    </Disclosure>
  );
}
