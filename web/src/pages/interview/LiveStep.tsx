import { useEffect } from "react";
import { Button } from "react-aria-components/Button";
import type { InterviewCall } from "../../client/call";
import { forgetInvite } from "../../client/memory";
import { isOver } from "../../client/state";
import type { CaptionSettings } from "../../components/Captions";
import { ConnectionState } from "../../components/Connection";
import { HelpButton } from "../../components/HelpButton";
import { LeaveButton } from "../../components/LeaveButton";
import { LiveInterview } from "../../components/LiveInterview";
import { useInterview } from "../../components/useInterview";
import type { Microphone } from "../../components/useMicrophone";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Shell } from "../../ui/Shell";
import type { About, Ticket } from "./arrival";
import { ClosingStep } from "./ClosingStep";
import { ProblemPage } from "./ProblemPage";
import type { useAgentSound } from "./useJourney";

interface LiveStepProps {
  about: About;
  ticket: Ticket;
  call: InterviewCall;
  microphone: Microphone;
  captions: CaptionSettings;
  onCaptions: (settings: CaptionSettings) => void;
  sound: ReturnType<typeof useAgentSound>;
}

/** The interview itself, until its end, or until another tab takes it over. */
export function LiveStep(props: LiveStepProps) {
  const t = texts("candidate");
  const { about, ticket, call, microphone, sound } = props;
  const interview = useInterview(call);
  const { phase } = interview.state;
  const { close, stream } = microphone;
  const over = isOver(phase);
  useEffect(() => {
    if (over) close();
  }, [over, close]);
  useEffect(() => {
    if (phase.name === "ended") forgetInvite(ticket.sessionId);
  }, [phase.name, ticket.sessionId]);
  useEffect(() => {
    if (stream !== null) void call.replaceMicrophone(stream);
  }, [call, stream]);
  if (phase.name === "ended") return <ClosingStep about={about} outcome={phase} ticket={ticket} />;
  if (phase.name === "refused") {
    return <ProblemPage code={phase.code} status={null} detail={phase.detail} contact={about.contact} />;
  }
  if (phase.name === "elsewhere") {
    const here = async (): Promise<void> => {
      sound.prime();
      call.begin((await microphone.open(null)) ?? microphone.goSilent());
    };
    return <Elsewhere onHere={() => void here()} />;
  }
  return (
    <Shell title={about.title || t("interview")} step="live" wide aside={<ConnectionState state={interview.state} />}>
      <LiveInterview
        interview={interview}
        microphone={microphone}
        captions={props.captions}
        onCaptions={props.onCaptions}
        mark={
          about.recording === true && (
            <p className="quiet" data-testid="recorded">
              <Icon name="microphone" /> {t("live.recorded")}
            </p>
          )
        }
        soundBlocked={sound.isBlocked}
        onAllowSound={() => void sound.start()}
      >
        <HelpButton contact={about.contact} reference={ticket.sessionId} />
        <LeaveButton ending={phase.name === "ending"} onEnd={() => void interview.end()} />
      </LiveInterview>
    </Shell>
  );
}

function Elsewhere({ onHere }: { onHere: () => void }) {
  const t = texts("candidate");
  return (
    <Shell title={t("elsewhere.title")} step="elsewhere">
      <div data-testid="elsewhere">
        <p className="lead">{t("elsewhere.text")}</p>
        <div className="actions">
          <Button className="button primary" onPress={onHere} data-testid="continue-here">
            {t("elsewhere.here")}
          </Button>
        </div>
      </div>
    </Shell>
  );
}
