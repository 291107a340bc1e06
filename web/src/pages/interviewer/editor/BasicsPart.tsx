import { texts } from "../../../i18n";
import { TextBox } from "../fields";
import { type Editing, set } from "./editing";
import { BOUNDS, fieldId } from "./form";

/** What candidates read before and after. */
export function BasicsPart({ editing }: { editing: Editing }) {
  const t = texts("interviewer");
  const { form, problems } = editing;
  return (
    <section className="card" aria-labelledby="basics-title">
      <h2 id="basics-title">{t("editor.basics.title")}</h2>
      <TextBox
        label={t("editor.basics.name")}
        value={form.title}
        onChange={(title) => set(editing, { title }, "/title")}
        error={problems.get("/title")}
        id={fieldId("/title")}
        maxLength={BOUNDS.nameChars}
        isRequired
        testId="title"
      />
      <TextBox
        label={t("editor.basics.description")}
        hint={t("editor.basics.descriptionHint")}
        value={form.description}
        onChange={(description) => set(editing, { description }, "/description")}
        error={problems.get("/description")}
        id={fieldId("/description")}
        maxLength={BOUNDS.proseChars}
        rows={3}
        testId="description"
      />
      <div className="columns">
        <TextBox
          label={t("editor.basics.host")}
          hint={t("editor.basics.hostHint")}
          value={form.host}
          onChange={(host) => set(editing, { host }, "/host")}
          error={problems.get("/host")}
          id={fieldId("/host")}
          maxLength={BOUNDS.nameChars}
          testId="host"
        />
        <TextBox
          label={t("editor.basics.contact")}
          hint={t("editor.basics.contactHint")}
          value={form.contact}
          onChange={(contact) => set(editing, { contact }, "/contact")}
          error={problems.get("/contact")}
          id={fieldId("/contact")}
          maxLength={BOUNDS.contactChars}
          autoComplete="off"
          testId="contact"
        />
      </div>
      <TextBox
        label={t("editor.basics.nextSteps")}
        hint={t("editor.basics.nextStepsHint")}
        value={form.nextSteps}
        onChange={(nextSteps) => set(editing, { nextSteps }, "/next_steps")}
        error={problems.get("/next_steps")}
        id={fieldId("/next_steps")}
        maxLength={BOUNDS.nextStepsChars}
        rows={2}
        testId="next-steps"
      />
    </section>
  );
}
