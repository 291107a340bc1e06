import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { FieldError, Label, Radio, RadioGroup } from "react-aria-components/RadioGroup";
import { language, texts } from "../../../i18n";
import { Icon } from "../../../ui/Icon";
import { type Persona, listPersonas, previewVoice } from "../api";
import { Choice, TextBox } from "../fields";
import { problemText } from "../problem";
import { type Editing, set } from "./editing";
import { BOUNDS, fieldId } from "./form";

/** Languages that are offered; which of them the engine speaks the server says. */
const LANGUAGES = "en de fr es it pt nl pl sv da nb fi cs uk tr el ar he hi ja ko zh".split(" ");
/** Stands for a name of one's own; no persona has an empty one. */
const OWN_NAME = "";

/** Who asks, in which language and manner. */
export function VoicePart({ editing }: { editing: Editing }) {
  const t = texts("interviewer");
  const { form, problems } = editing;
  const names = new Intl.DisplayNames(language(), { type: "language" });
  const tags = LANGUAGES.includes(form.language) ? LANGUAGES : [form.language, ...LANGUAGES];
  return (
    <section className="card" aria-labelledby="voice-title">
      <h2 id="voice-title">{t("editor.voice.title")}</h2>
      <PersonaChoice editing={editing} />
      <Choice
        label={t("editor.voice.language")}
        hint={t("editor.voice.languageHint")}
        value={form.language}
        onChange={(tag) => set(editing, { language: tag }, "/language")}
        options={tags.map((tag) => ({ value: tag, text: nameOf(names, tag) }))}
        error={problems.get("/language")}
        id={fieldId("/language")}
        testId="language"
      />
      <TextBox
        label={t("editor.voice.instructions")}
        hint={t("editor.voice.instructionsHint")}
        value={form.instructions}
        onChange={(instructions) => set(editing, { instructions }, "/instructions")}
        error={problems.get("/instructions")}
        id={fieldId("/instructions")}
        maxLength={BOUNDS.proseChars}
        rows={3}
        testId="instructions"
      />
    </section>
  );
}

function nameOf(names: Intl.DisplayNames, tag: string): string {
  try {
    return names.of(tag) ?? tag;
  } catch {
    // No language tag; the server says so.
    return tag;
  }
}

function PersonaChoice({ editing }: { editing: Editing }) {
  const t = texts("interviewer");
  const { form, problems } = editing;
  const personas = useQuery({ queryKey: ["personas"], queryFn: listPersonas, staleTime: Infinity });
  const known = personas.data ?? [];
  const byKind = known.find(({ kinds }) => kinds.includes(form.kind)) ?? known[0];
  const named = known.find(({ name }) => name === form.persona);
  // Nobody is named: the kind's persona holds it, and is shown as chosen.
  const chosen = named ?? (form.persona === "" ? byKind : undefined);
  const [isOwn, setOwn] = useState(false);
  const own = isOwn || (known.length > 0 && chosen === undefined);
  const choose = (name: string): void => {
    setOwn(name === OWN_NAME);
    set(editing, { persona: name }, "/persona");
  };
  if (personas.error !== null) {
    return <PersonaName editing={editing} hint={t("editor.voice.noPersonas")} />;
  }
  return (
    <div className="personas">
      <RadioGroup
        className="field"
        value={own ? OWN_NAME : (chosen?.name ?? null)}
        onChange={choose}
        isInvalid={problems.has("/persona")}
        data-testid="personas"
      >
        <Label>{t("editor.voice.persona")}</Label>
        <div className="radio-cards">
          {known.map((persona) => (
            <Radio key={persona.name} value={persona.name} className="radio-card" data-testid="persona">
              <span className="dot" aria-hidden="true" />
              <span>
                <strong data-server-text="">{persona.name}</strong>
                <span className="hint quiet" data-server-text="">
                  {" "}
                  {persona.manner}
                </span>
              </span>
            </Radio>
          ))}
          <Radio value={OWN_NAME} className="radio-card" data-testid="persona-own">
            <span className="dot" aria-hidden="true" />
            <span>
              <strong>{t("editor.voice.ownName")}</strong>
              <span className="hint quiet"> {t("editor.voice.ownNameHint")}</span>
            </span>
          </Radio>
        </div>
        <FieldError className="field-error">{problems.get("/persona")}</FieldError>
      </RadioGroup>
      {own && <PersonaName editing={editing} />}
      <VoicePreview persona={own ? byKind : chosen} />
    </div>
  );
}

function PersonaName({ editing, hint }: { editing: Editing; hint?: string }) {
  const t = texts("interviewer");
  return (
    <TextBox
      label={t("editor.voice.personaName")}
      hint={hint}
      value={editing.form.persona}
      onChange={(persona) => set(editing, { persona }, "/persona")}
      id={fieldId("/persona")}
      maxLength={BOUNDS.nameChars}
      className="narrow"
      testId="persona-name"
    />
  );
}

/** A few words in the voice that candidates will hear. */
function VoicePreview({ persona }: { persona: Persona | undefined }) {
  const t = texts("interviewer");
  const player = useRef<HTMLAudioElement>(null);
  const note = useId();
  const preview = useMutation({ mutationFn: (name: string) => previewVoice(name) });
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (preview.data === undefined) return;
    const url = URL.createObjectURL(preview.data);
    setAddress(url);
    return () => URL.revokeObjectURL(url);
  }, [preview.data]);
  useEffect(() => {
    // The press of the button is some seconds old by now; where the browser forbids it, the controls are there.
    if (address !== null) player.current?.play().catch(() => undefined);
  }, [address]);
  const { reset } = preview;
  useEffect(() => {
    setAddress(null);
    reset();
  }, [persona?.name, reset]);
  if (persona === undefined) return null;
  return (
    <div className="preview">
      <Button
        className="button"
        isDisabled={preview.isPending}
        onPress={() => preview.mutate(persona.name)}
        aria-describedby={note}
        data-testid="hear-voice"
      >
        <Icon name="speaker" /> {preview.isPending ? t("editor.voice.preparing") : t("editor.voice.hear")}
      </Button>
      {address !== null && (
        // What is said is a greeting; it stands in the label.
        <audio
          ref={player}
          controls
          src={address}
          aria-label={t("editor.voice.heard", { name: persona.name })}
          data-testid="voice-preview"
        />
      )}
      <span id={note} role="status" className="quiet">
        {preview.error === null ? "" : problemText(preview.error)}
      </span>
    </div>
  );
}
