import { useSyncExternalStore } from "react";
import type { InterviewCall } from "../client/call";
import type { InterviewState } from "../client/state";
import type { CandidateMessage } from "../client/types";

export interface Interview {
  /** What there is to show; changes with every event. */
  state: InterviewState;
  /** Passes something on to the interviewer; false where there is no way at the moment. */
  tell(message: CandidateMessage): Promise<boolean>;
  end(): Promise<void>;
  retryNow(): void;
  dismissNotice(id: number): void;
}

/** A call as React sees it. */
export function useInterview(call: InterviewCall): Interview {
  const state = useSyncExternalStore(call.subscribe, call.snapshot);
  return {
    state,
    tell: (message) => call.tell(message),
    end: () => call.end(),
    retryNow: () => call.retryNow(),
    dismissNotice: (id) => call.dismissNotice(id),
  };
}
