import { useSyncExternalStore } from "react";
import type { InterviewState } from "../client/state";
import type { Interview } from "./interview";

/** What is known of the interview, for a component that shows it: rendered anew with each change. */
export function useInterview(interview: Interview): InterviewState {
  return useSyncExternalStore(interview.call.subscribe, interview.call.snapshot, interview.call.snapshot);
}
