import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

export type Tone = "info" | "good" | "warning" | "error";

const TONES: Record<Tone, { icon: IconName; word: string }> = {
  info: { icon: "info", word: "Note" },
  good: { icon: "check", word: "Done" },
  warning: { icon: "warning", word: "Please note" },
  error: { icon: "warning", word: "Problem" },
};

interface PanelProps {
  tone: Tone;
  children: ReactNode;
  testId?: string;
  /** Read out at once (errors) or when there is a pause; false for what was there from the start. */
  announced?: boolean;
}

/** A message with an icon and a word for its kind, so that nothing hangs on colour. */
export function Panel({ tone, children, testId, announced = true }: PanelProps) {
  const role = announced ? (tone === "error" ? "alert" : "status") : undefined;
  return (
    <div className={`panel panel-${tone}`} role={role} data-testid={testId}>
      <Icon name={TONES[tone].icon} />
      <div>
        <span className="hidden">{TONES[tone].word}: </span>
        {children}
      </div>
    </div>
  );
}
