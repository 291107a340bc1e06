import type { InterviewState } from "../../client/state";
import { Icon, type IconName } from "../../ui/Icon";

interface TurnWords {
  icon: IconName;
  title: string;
  hint: string;
}

function wordsFor(state: InterviewState, muted: boolean): TurnWords {
  if (state.phase.name === "connecting") {
    return { icon: "link", title: "Connecting", hint: "This takes a few seconds." };
  }
  if (state.phase.name === "reconnecting") {
    return { icon: "link", title: "No connection", hint: "The interview waits for you." };
  }
  if (state.phase.name === "ending") {
    return { icon: "dots", title: "Ending the interview", hint: "Your answers are being saved." };
  }
  if (state.speaker === "user") {
    if (muted)
      return { icon: "microphoneOff", title: "Your turn, but you are muted", hint: "Unmute to be heard, or type." };
    if (state.turnState === "speaking") {
      return { icon: "microphone", title: "Your turn", hint: "You are being heard. Take your time." };
    }
    return { icon: "microphone", title: "Your turn", hint: "Speak when you are ready." };
  }
  if (state.turnState === "thinking") {
    return { icon: "dots", title: "One moment", hint: "The interviewer prepares what to say." };
  }
  if (state.speaker === "assistant") {
    return { icon: "speaker", title: "The interviewer is speaking", hint: "You may interrupt at any time." };
  }
  return { icon: "dots", title: "One moment", hint: "The interview goes on shortly." };
}

/** Whose turn it is, in words and a picture. */
export function TurnPanel({ state, muted }: { state: InterviewState; muted: boolean }) {
  const { icon, title, hint } = wordsFor(state, muted);
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
      <Icon name={icon} />
      <div>
        <p className="turn-title">{title}</p>
        <p className="turn-hint">{hint}</p>
      </div>
    </div>
  );
}
