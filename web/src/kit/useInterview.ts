import { type Interview as View, useInterview as useCall } from "../components/useInterview";
import type { Interview } from "./interview";

/** What components show of an interview, and what they do with it. */
export type InterviewView = View;

/** An interview as React sees it: rendered anew with each change. */
export function useInterview(interview: Interview): InterviewView {
  return useCall(interview.call);
}
