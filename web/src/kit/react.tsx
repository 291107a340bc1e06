/**
 * Viva's interview as React components, for pages of others. `<VoiceInterview>` is all of it; its parts can be arranged
 * anew within `<Viva>`, which brings texts and style. Import `viva-interview-client/react.css` beside it.
 *
 * @packageDocumentation
 */
export * from "./client";
export { Viva } from "./Viva";
export type { CandidateTexts, VivaProps } from "./Viva";
export { VoiceInterview } from "./VoiceInterview";
export type { VoiceInterviewProps } from "./VoiceInterview";
export { useInterview } from "./useInterview";
export type { InterviewView } from "./useInterview";
export {
  Captions,
  ConnectionState,
  ConnectionTrouble,
  ConsentGate,
  DeviceCheck,
  HelpButton,
  InterviewControls,
  LeaveButton,
  LiveInterview,
  MicrophonePicker,
  Notices,
  QuestionProgress,
  TextAnswer,
  TimeLeft,
  TurnIndicator,
  useMicrophone,
} from "../components";
export type { CaptionSettings, Microphone } from "../components";
