import type { ReactNode } from "react";
import { texts } from "../i18n";
import { Icon, type IconName } from "./Icon";

export type Tone = "info" | "good" | "warning" | "error";

const ICONS: Record<Tone, IconName> = { info: "info", good: "check", warning: "warning", error: "warning" };

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
      <Icon name={ICONS[tone]} />
      <div>
        <span className="hidden">{texts("shared")(`tone.${tone}`)}: </span>
        {children}
      </div>
    </div>
  );
}
