/** `/embed/i/{code}`: the candidate's page in a frame of another site (`docs/integrate.md`). */
import { useEffect, useMemo, useRef } from "react";
import { parentOrigin } from "../../kit/frame";
import VoiceInterviewPageREST, { type InterviewHost } from "../VoiceInterviewPageREST";
import { microphonePolicy, reportCall, reportHeight, tellParent } from "./report";
import "./embed.css";

export default function EmbedPage({ code }: { code: string }) {
  const tell = useMemo(() => tellParent(parentOrigin(window.location.search)), []);
  const stop = useRef<() => void>(undefined);
  const host: InterviewHost = useMemo(
    () => ({
      onCall: (call) => {
        stop.current?.();
        stop.current = reportCall(call, tell);
      },
    }),
    [tell],
  );
  useEffect(() => {
    document.documentElement.dataset.embedded = "";
    // Results and other pages do not stand in frames: every link opens beside the page around this one.
    const base = document.createElement("base");
    base.target = "_blank";
    document.head.append(base);
    const root = document.getElementById("root") ?? document.body;
    tell({ source: "viva", type: "viva.ready", microphone: microphonePolicy() });
    tell({ source: "viva", type: "viva.state", phase: "idle", question: null });
    const stopHeight = reportHeight(root, tell);
    return () => {
      stopHeight();
      base.remove();
    };
  }, [tell]);
  return <VoiceInterviewPageREST from={{ invite: code }} host={host} />;
}
