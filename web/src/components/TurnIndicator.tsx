import type { InterviewState } from "../client/state";
import { texts } from "../i18n";
import { Icon, type IconName } from "../ui/Icon";

const ICONS = {
  connecting: "link",
  reconnecting: "link",
  ending: "dots",
  muted: "microphoneOff",
  heard: "microphone",
  listening: "microphone",
  thinking: "dots",
  speaking: "speaker",
  idle: "dots",
} as const satisfies Record<string, IconName>;

type Situation = keyof typeof ICONS;

function situationOf(state: InterviewState, muted: boolean): Situation {
  const phase = state.phase.name;
  if (phase === "connecting" || phase === "reconnecting" || phase === "ending") return phase;
  if (state.speaker === "user") {
    if (muted) return "muted";
    return state.turnState === "speaking" ? "heard" : "listening";
  }
  if (state.turnState === "thinking") return "thinking";
  return state.speaker === "assistant" ? "speaking" : "idle";
}

/** Whose turn it is, in words and a picture. */
export function TurnIndicator({ state, muted }: { state: InterviewState; muted: boolean }) {
  const t = texts("candidate");
  const situation = situationOf(state, muted);
  const live = state.phase.name === "live";
  const turn = live ? (state.speaker ?? "none") : "none";
  return (
    <div
      className={`turn turn-${turn}`}
      role="status"
      data-testid="turn"
      data-turn={turn}
      data-turn-state={live ? state.turnState : "idle"}
    >
      <Icon name={ICONS[situation]} />
      <div>
        <p className="turn-title">{t(`turn.${situation}.title`)}</p>
        <p className="turn-hint">{t(`turn.${situation}.hint`)}</p>
      </div>
    </div>
  );
}
