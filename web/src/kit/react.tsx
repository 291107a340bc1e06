/**
 * Viva's interview as React components, for pages of others. `<VoiceInterview>` is all of it; its parts can be arranged
 * anew within `<Viva>`, which brings texts and style. Import `viva-interview-client/react.css` beside it.
 *
 * @packageDocumentation
 */
export { useInterview } from "./useInterview";
export { Viva } from "./Viva";
export type { VivaProps } from "./Viva";
export { VoiceInterview } from "./VoiceInterview";
export type { VoiceInterviewProps } from "./VoiceInterview";
export { Captions } from "../pages/interview/Captions";
export { TurnPanel as TurnIndicator } from "../pages/interview/TurnPanel";
export * from "./client";
