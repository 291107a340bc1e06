import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Meter } from "react-aria-components/Meter";
import { watchLevel } from "../../client/level";
import {
  type MicrophoneDevice,
  MicrophoneError,
  type MicrophoneProblem,
  listMicrophones,
  openMicrophone,
  silentStream,
  stopStream,
} from "../../client/microphone";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Shell } from "../../ui/Shell";
import { MICROPHONE_HELP } from "./microphoneHelp";

/** From this level on (of 100) a voice is plain to hear, above a room's noise. */
const HEARD_LEVEL = 45;

interface MicrophoneStepProps {
  returning: boolean;
  starting: boolean;
  /** Hands over the open microphone, which is then the interview's to close. */
  onStart: (microphone: MediaStream) => void;
  children: ReactNode;
}

export function MicrophoneStep({ returning, starting, onStart, children }: MicrophoneStepProps) {
  const microphone = useMicrophone();
  const begin = (stream: MediaStream): void => {
    microphone.handOver();
    onStart(stream);
  };
  const label = returning ? "Continue the interview" : "Start the interview";
  return (
    <Shell title={returning ? "Welcome back" : "Check your microphone"} step="microphone">
      {returning && <p className="lead">Your interview goes on where you left it. Your earlier answers are kept.</p>}
      <section aria-label="Microphone" className="card">
        {microphone.problem === null ? (
          <>
            <DeviceChoice
              open={microphone.stream !== null}
              devices={microphone.devices}
              chosen={microphone.deviceId}
              onChoose={microphone.choose}
            />
            <LevelMeter stream={microphone.stream} />
          </>
        ) : (
          <ProblemHelp problem={microphone.problem} onRetry={() => microphone.choose(null)} />
        )}
      </section>
      <p className="quiet">
        A quiet room and headphones help. The interviewer speaks first; you may interrupt at any time.
      </p>
      {children}
      <div className="actions">
        {microphone.problem === null && (
          <Button
            className="button primary"
            isDisabled={microphone.stream === null}
            onPress={() => microphone.stream && begin(microphone.stream)}
            data-testid="start"
          >
            {starting ? "Connecting…" : label}
          </Button>
        )}
        {microphone.problem !== null && microphone.problem !== "unsupported" && (
          <Button className="button" onPress={() => begin(silentStream())} data-testid="no-mic">
            <Icon name="keyboard" /> Go on without a microphone and type
          </Button>
        )}
      </div>
    </Shell>
  );
}

interface Microphone {
  stream: MediaStream | null;
  devices: MicrophoneDevice[];
  deviceId: string | null;
  problem: MicrophoneProblem | null;
  choose(deviceId: string | null): void;
  handOver(): void;
}

/** Opens the chosen microphone, follows plugging and unplugging, and closes it unless it was handed over. */
function useMicrophone(): Microphone {
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [devices, setDevices] = useState<MicrophoneDevice[]>([]);
  const [problem, setProblem] = useState<MicrophoneProblem | null>(null);
  const [choice, setChoice] = useState<{ deviceId: string | null }>({ deviceId: null });
  const handedOver = useRef(false);

  useEffect(() => {
    let current = true;
    let opened: MediaStream | null = null;
    const open = async (): Promise<void> => {
      try {
        opened = await openMicrophone(choice.deviceId);
        if (!current) return stopStream(opened);
        opened.getAudioTracks()[0]?.addEventListener("ended", () => {
          if (!current) return;
          setProblem("taken_away");
          setStream(null);
        });
        setProblem(null);
        setStream(opened);
        setDevices(await listMicrophones());
      } catch (error) {
        if (current) setProblem(error instanceof MicrophoneError ? error.problem : "unsupported");
      }
    };
    void open();
    return () => {
      current = false;
      setStream(null);
      if (!handedOver.current) stopStream(opened);
    };
  }, [choice]);

  useEffect(() => {
    // Absent on plain HTTP, whatever the types say.
    const media = navigator.mediaDevices as MediaDevices | undefined;
    const changed = (): void => void listMicrophones().then(setDevices, () => undefined);
    media?.addEventListener?.("devicechange", changed);
    return () => media?.removeEventListener?.("devicechange", changed);
  }, []);

  return {
    stream,
    devices,
    deviceId: choice.deviceId ?? stream?.getAudioTracks()[0]?.getSettings().deviceId ?? null,
    problem,
    choose: (deviceId) => setChoice({ deviceId }),
    handOver: () => {
      handedOver.current = true;
    },
  };
}

interface DeviceChoiceProps {
  /** A microphone is open: the browser has given its permission. */
  open: boolean;
  devices: MicrophoneDevice[];
  chosen: string | null;
  onChoose: (deviceId: string) => void;
}

/** The browser's own list box: on a phone it is the one that people know, and it needs no script. */
function DeviceChoice({ open, devices, chosen, onChoose }: DeviceChoiceProps) {
  const known = devices.length > 0;
  return (
    <label className="field">
      <span>Microphone</span>
      <select
        value={chosen ?? ""}
        disabled={!known}
        onChange={(event) => onChoose(event.target.value)}
        data-testid="mic-select"
      >
        {!open && !known && <option value="">Waiting for your permission…</option>}
        {open && !devices.some((device) => device.id === chosen) && (
          <option value={chosen ?? ""}>Your browser’s choice</option>
        )}
        {devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label}
          </option>
        ))}
      </select>
    </label>
  );
}

function LevelMeter({ stream }: { stream: MediaStream | null }) {
  const [level, setLevel] = useState(0);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    if (stream === null) return;
    return watchLevel(stream, (percent) => {
      setLevel(percent);
      if (percent >= HEARD_LEVEL) setHeard(true);
    });
  }, [stream]);
  return (
    <>
      <Meter className="meter" value={level} aria-label="Microphone level" data-testid="mic-level">
        {({ percentage }) => (
          <div className="meter-track">
            <div className="meter-fill" style={{ inlineSize: `${percentage}%` }} />
          </div>
        )}
      </Meter>
      <p role="status" data-testid="mic-heard" data-heard={heard}>
        {heard ? (
          <>
            <Icon name="check" /> Your microphone works: we can hear you.
          </>
        ) : (
          "Say a few words: the bar moves when we can hear you."
        )}
      </p>
    </>
  );
}

function ProblemHelp({ problem, onRetry }: { problem: MicrophoneProblem; onRetry: () => void }) {
  const help = MICROPHONE_HELP[problem];
  return (
    <div data-testid="mic-problem" data-problem={problem}>
      <Panel tone="error">
        <p>
          <strong>{help.what}</strong>
        </p>
        <p>{help.remedy}</p>
      </Panel>
      {help.retry && (
        <Button className="button" onPress={onRetry}>
          <Icon name="repeat" /> Try the microphone again
        </Button>
      )}
    </div>
  );
}
