import { texts } from "../../../i18n";
import { NumberBox, Tick } from "../fields";
import { type Editing, set } from "./editing";
import { fieldId } from "./form";

/** Bounds, recording, who may read, and for how long it is kept. */
export function RulesPart({ editing }: { editing: Editing }) {
  const t = texts("interviewer");
  const { form } = editing;
  return (
    <section className="card" aria-labelledby="rules-title">
      <h2 id="rules-title">{t("editor.rules.title")}</h2>
      <Tick
        label={t("editor.rules.recording")}
        hint={t("editor.rules.recordingHint")}
        isSelected={form.recording}
        onChange={(recording) => set(editing, { recording }, "/recording")}
        testId="recording"
      />
      <Tick
        label={t("editor.rules.mayRead")}
        hint={t("editor.rules.mayReadHint")}
        isSelected={form.candidateMayRead}
        onChange={(candidateMayRead) => set(editing, { candidateMayRead }, "/candidate_may_read_results")}
        testId="may-read"
      />
      <h3>{t("editor.rules.limits")}</h3>
      <div className="columns">
        <Bound
          editing={editing}
          at="/limits/max_duration_ms"
          label={t("editor.rules.duration")}
          hint={t("editor.rules.durationHint")}
          value={form.maxDurationMs}
          scale={60_000}
          onChange={(maxDurationMs) => ({ maxDurationMs })}
        />
        <Bound
          editing={editing}
          at="/limits/silence_ms"
          label={t("editor.rules.silence")}
          hint={t("editor.rules.silenceHint")}
          value={form.silenceMs}
          scale={1_000}
          onChange={(silenceMs) => ({ silenceMs })}
        />
        <Bound
          editing={editing}
          at="/limits/cost_usd_max"
          label={t("editor.rules.cost")}
          hint={t("editor.rules.costHint")}
          value={form.costUsdMax}
          onChange={(costUsdMax) => ({ costUsdMax })}
        />
      </div>
      <RetentionPart editing={editing} />
    </section>
  );
}

function RetentionPart({ editing }: { editing: Editing }) {
  const t = texts("interviewer");
  const { form } = editing;
  return (
    <>
      <h3>{t("editor.rules.retention")}</h3>
      <p className="quiet">{t("editor.rules.retentionHint")}</p>
      <div className="columns">
        <Bound
          editing={editing}
          at="/retention/audio_days"
          label={t("editor.rules.audioDays")}
          value={form.audioDays}
          onChange={(audioDays) => ({ audioDays })}
        />
        <Bound
          editing={editing}
          at="/retention/transcript_days"
          label={t("editor.rules.transcriptDays")}
          value={form.transcriptDays}
          onChange={(transcriptDays) => ({ transcriptDays })}
        />
        <Bound
          editing={editing}
          at="/retention/scores_days"
          label={t("editor.rules.scoresDays")}
          value={form.scoresDays}
          onChange={(scoresDays) => ({ scoresDays })}
        />
      </div>
    </>
  );
}

interface BoundProps {
  editing: Editing;
  at: string;
  label: string;
  hint?: string;
  value: number | null;
  scale?: number;
  onChange: (value: number | null) => Parameters<typeof set>[1];
}

function Bound({ editing, at, label, hint, value, scale, onChange }: BoundProps) {
  return (
    <NumberBox
      label={label}
      hint={hint}
      value={value}
      scale={scale}
      onChange={(next) => set(editing, onChange(next), at)}
      error={editing.problems.get(at)}
      id={fieldId(at)}
      testId={at.split("/").at(-1)?.replaceAll("_", "-")}
    />
  );
}
