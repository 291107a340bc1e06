import { Button } from "react-aria-components/Button";
import { Contact } from "../../components/HelpButton";
import { texts } from "../../i18n";
import { Icon, type IconName } from "../../ui/Icon";
import { dateTime } from "../../ui/format";
import type { About } from "./arrival";

interface AboutStepProps {
  about: About;
  working: boolean;
  onContinue: () => void;
}

/** What this is, who reads it, and how long it takes, before anything is asked of the candidate. */
export function AboutStep({ about, working, onContinue }: AboutStepProps) {
  const t = texts("candidate");
  return (
    <>
      {about.host !== "" && (
        <p className="lead" data-testid="host" data-words="server">
          {t("about.hosted", { host: about.host })}
        </p>
      )}
      {about.description !== "" && (
        <p className="lead" data-words="server">
          {about.description}
        </p>
      )}
      <section aria-labelledby="what-happens" className="card">
        <h2 id="what-happens">{t("about.what")}</h2>
        <Facts about={about} />
      </section>
      <section aria-labelledby="what-next" className="card">
        <h2 id="what-next">{t("about.next")}</h2>
        <p>{about.consent === null ? t("about.nextCheck") : t("about.nextConsent")}</p>
        {about.opensUntil !== null && (
          <p className="quiet">{t("about.opensUntil", { when: dateTime(about.opensUntil) })}</p>
        )}
        <h3>{t("about.helpTitle")}</h3>
        <Contact contact={about.contact} reference={null} />
      </section>
      <div className="actions">
        <Button className="button primary" isDisabled={working} onPress={onContinue} data-testid="continue">
          {t("about.continue")}
        </Button>
      </div>
    </>
  );
}

function Facts({ about }: { about: About }) {
  const t = texts("candidate");
  const limitMinutes = about.limitMs === null ? null : Math.max(1, Math.floor(about.limitMs / 60_000));
  const length = [
    about.questionCount === null ? null : t("about.questions", { count: about.questionCount }),
    about.minutes === null ? null : t("about.minutes", { count: about.minutes }),
  ].filter((part) => part !== null);
  const sound =
    about.recording === true
      ? { title: t("about.recordedTitle"), text: t("about.recorded") }
      : about.recording === false
        ? { title: t("about.writtenTitle"), text: t("about.written") }
        : { title: t("about.textTitle"), text: t("about.text") };
  return (
    <ul className="facts">
      <Fact icon="clock" title={length.join(" ")}>
        {limitMinutes !== null && <span data-testid="limit">{t("about.limit", { count: limitMinutes })} </span>}
        {t("about.answering")}
      </Fact>
      <Fact icon="wave" title={t("about.aiTitle")}>
        {t("about.ai")}
      </Fact>
      <Fact icon="microphone" title={sound.title}>
        {sound.text}
      </Fact>
      <Fact icon="person" title={t("about.readTitle")}>
        {about.mayReadResults ? t("about.readToo") : t("about.read")} {t("about.judged")}
      </Fact>
      <Fact icon="speaker" title={t("about.needTitle")}>
        {t("about.need")}
      </Fact>
      <Fact icon="leave" title={t("about.stopTitle")}>
        {t("about.stop")}
      </Fact>
    </ul>
  );
}

function Fact({ icon, title, children }: { icon: IconName; title: string; children: React.ReactNode }) {
  return (
    <li>
      <Icon name={icon} />
      <span>
        {title !== "" && (
          <>
            <strong>{title}</strong>
            <br />
          </>
        )}
        {children}
      </span>
    </li>
  );
}
