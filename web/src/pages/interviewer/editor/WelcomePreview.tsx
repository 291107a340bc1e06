import { language, texts } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import { type InterviewForm, estimate } from "./form";

/** What candidates read before they agree, in the order of their page. */
export function WelcomePreview({ form }: { form: InterviewForm }) {
  const t = texts("interviewer");
  const { aboutMinutes } = estimate(form);
  const length = [
    t("interviews.questions", { count: form.questions.length }),
    t("interviews.minutes", { count: aboutMinutes }),
  ].join(", ");
  const facts = [
    { icon: "clock" as const, text: `${length}.` },
    { icon: "wave" as const, text: t("preview.ai") },
    { icon: "microphone" as const, text: form.recording ? t("preview.recorded") : t("preview.notRecorded") },
    { icon: "info" as const, text: form.candidateMayRead ? t("preview.bothRead") : t("preview.youRead") },
    ...(form.contact.trim() === ""
      ? []
      : [{ icon: "mail" as const, text: t("preview.help", { contact: form.contact.trim() }) }]),
  ];
  return (
    <section className="card welcome-preview" aria-labelledby="preview-title" data-testid="welcome-preview">
      <h2 id="preview-title">{t("preview.title")}</h2>
      <div className="paper" lang={language()}>
        <p className="preview-title" data-server-text="">
          {form.title.trim() || t("preview.noTitle")}
        </p>
        {form.host.trim() !== "" && <p>{t("preview.host", { host: form.host.trim() })}</p>}
        {form.description.trim() !== "" && <p data-server-text="">{form.description}</p>}
        <ul className="facts">
          {facts.map(({ icon, text }) => (
            <li key={icon}>
              <Icon name={icon} /> <span>{text}</span>
            </li>
          ))}
        </ul>
        <p className="quiet">
          {form.nextSteps.trim() === ""
            ? t("preview.noNextSteps")
            : t("preview.nextSteps", { text: form.nextSteps.trim() })}
        </p>
      </div>
    </section>
  );
}
