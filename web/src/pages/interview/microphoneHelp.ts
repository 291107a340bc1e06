import type { MicrophoneProblem } from "../../client/microphone";

/** What is wrong with the microphone, and what the candidate can do. */
export const MICROPHONE_HELP: Record<MicrophoneProblem, { what: string; remedy: string; retry: boolean }> = {
  insecure_page: {
    what: "Your browser gives this page no microphone, because the connection is not secure (plain HTTP).",
    remedy:
      "Open the page by an address that begins with https://. If you were invited, tell the person who sent the link.",
    retry: false,
  },
  unsupported: {
    what: "This browser cannot hold a voice interview.",
    remedy: "Please open the link in a current Chrome, Edge, Firefox or Safari, not inside another app.",
    retry: true,
  },
  denied: {
    what: "The browser was not allowed to use the microphone.",
    remedy:
      "Press the sign beside the address, allow the microphone, and try again. On a phone, look in the settings.",
    retry: true,
  },
  none: {
    what: "No microphone was found.",
    remedy: "Plug one in, or switch it on in your system’s sound settings, and try again.",
    retry: true,
  },
  busy: {
    what: "The microphone did not start. Another program may be using it.",
    remedy: "Close other calls and recorders, and try again.",
    retry: true,
  },
  taken_away: {
    what: "The microphone is gone: it was unplugged, or its permission was withdrawn.",
    remedy: "Plug it in again or choose another one, and try again.",
    retry: true,
  },
};
