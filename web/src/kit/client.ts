/**
 * Viva for programs: `Interview` holds one candidate's interview, `restClient` calls the whole REST API, typed by its
 * description. `docs/integrate.md` has an example of each.
 *
 * @packageDocumentation
 */
export { Interview, NotConnectedError } from "./interview";
export type { EventOf, InterviewEvents, SessionTicket } from "./interview";
export { data, restClient } from "../client/rest";
export type { Body, Rest } from "../client/rest";
export type { components, operations, paths } from "../client/generated/schema";
export { ApiError, UnreachableError } from "../client/http";
export type { Credential } from "../client/http";
export { MicrophoneError, listMicrophones, missingSupport, openMicrophone, stopStream } from "../client/microphone";
export { silentStream } from "../client/microphone";
export type { MicrophoneDevice, MicrophoneProblem } from "../client/microphone";
export { watchLevel } from "../client/level";
export type { InterviewState, Notice, Phase, Trouble } from "../client/state";
export type {
  CandidateMessage,
  ConsentText,
  LiveEvent,
  NoticeLevel,
  Results,
  SessionStatus,
  Speaker,
  StartRequest,
  StatusReport,
  TranscriptItem,
  TurnState,
} from "../client/types";
