import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Button } from "react-aria-components/Button";
import type { RoomCall } from "../../client/room/call";
import type { LocalMedia } from "../../client/room/media";
import { recall, remember } from "../../client/room/preferences";
import type { Refusal } from "../../client/room/signalling";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { useWakeLock } from "../../components/useWakeLock";
import { ChatPanel } from "./ChatPanel";
import { Controls, type PanelName } from "./Controls";
import { CopyLink } from "./CopyLink";
import { DeviceProblems } from "./DeviceFields";
import { FilesPanel } from "./FilesPanel";
import { Announcer } from "./Announcer";
import { PeoplePanel } from "./PeoplePanel";
import { Voice } from "./Picture";
import { SidePanel } from "./SidePanel";
import { Stage } from "./Stage";
import { useSpeaker } from "./useSpeaker";
import { useLocal } from "./useLocal";

interface CallProps {
  call: RoomCall;
  media: LocalMedia;
  code: string;
  /** The room's name where it is known. */
  title: string;
  onEnd: (reason: Refusal | "left") => void;
}

/** The call itself. */
export function Call({ call, media, code, title, onEnd }: CallProps) {
  const t = texts("rooms");
  const state = useSyncExternalStore(call.subscribe, call.snapshot);
  const local = useLocal(media);
  const [panel, setPanel] = useState<PanelName | null>(null);
  const [speaker, setSpeaker] = useState(() => recall().speaker);
  const [shortcuts, setShortcuts] = useState(() => recall().shortcuts);
  const [blocked, setBlocked] = useState(false);
  const [shareFailed, setShareFailed] = useState(false);
  const [seen, setSeen] = useState(0);
  // Who joins without a camera was told so in the lobby.
  const [known] = useState(() => new Set([local.microphone, local.camera]));
  const heading = useRef<HTMLHeadingElement>(null);
  const speaking = useSpeaker(call, local.microphone.on ? local.microphone.track : null);
  const name = title || t("call.title");
  useWakeLock(true);

  useEffect(() => call.setMedia(local.microphone.track, local.camera.track, local.microphone.on), [call, local]);
  useEffect(() => {
    heading.current?.focus();
    document.title = `${name} · Viva`;
  }, [name]);
  useEffect(() => {
    if (state.phase === "over") onEnd(state.refusal ?? "left");
  }, [state.phase, state.refusal, onEnd]);
  useLeaving(call);
  useShortcuts(shortcuts, media);

  const fromOthers = useMemo(() => state.messages.filter(({ person }) => person !== null).length, [state.messages]);
  useEffect(() => {
    if (panel === "chat") setSeen(fromOthers);
  }, [panel, fromOthers]);
  const share = async (): Promise<void> => {
    setShareFailed(false);
    try {
      call.share(await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false }));
    } catch (error) {
      // Who closes the browser's question wants nothing shared, and is told nothing; anything else is a failure.
      setShareFailed(!(error instanceof DOMException && error.name === "NotAllowedError"));
    }
  };
  const onBlocked = useCallback(() => setBlocked(true), []);
  const close = (): void => setPanel(null);

  return (
    <div className="call" data-testid="call" data-phase={state.phase} data-line={state.lineLost ? "lost" : "good"}>
      <header className="call-bar">
        <h1 ref={heading} tabIndex={-1}>
          {name} <span className="call-code">{code}</span>
        </h1>
        <CopyLink code={code} />
      </header>
      <main className="call-main" data-panel={panel ?? "none"}>
        <div className="call-centre">
          <Notices
            state={state.lineLost ? "lost" : state.phase}
            blocked={blocked}
            shareFailed={shareFailed}
            onHear={() => {
              setBlocked(false);
              document.querySelectorAll("audio").forEach((audio) => void audio.play().catch(onBlocked));
            }}
          />
          <DeviceProblems media={media} local={local} known={known} />
          <Stage call={call} state={state} local={local} speaking={speaking} code={code} />
        </div>
        {panel !== null && (
          <SidePanel title={t(`${panel}.title`)} name={panel} onClose={close}>
            {panel === "chat" && <ChatPanel call={call} messages={state.messages} />}
            {panel === "people" && <PeoplePanel state={state} local={local} code={code} ownName={call.name} />}
            {panel === "files" && <FilesPanel call={call} state={state} />}
          </SidePanel>
        )}
      </main>
      <Controls
        media={media}
        local={local}
        panel={panel}
        onPanel={(next) => setPanel(panel === next ? null : next)}
        unread={panel === "chat" ? 0 : fromOthers - seen}
        people={state.people.length + 1}
        offers={state.transfers.filter((one) => one.direction === "in" && one.state === "offered").length}
        sharing={state.sharing !== null}
        onShare={() => (state.sharing ? call.stopSharing() : void share())}
        speaker={speaker}
        onSpeaker={(id) => {
          remember({ speaker: id });
          setSpeaker(id);
        }}
        shortcuts={shortcuts}
        onShortcuts={(on) => {
          remember({ shortcuts: on });
          setShortcuts(on);
        }}
        onLeave={() => onEnd("left")}
      />
      {state.people.map(
        ({ key, media: stream }) =>
          stream && <Voice key={key} stream={stream} speaker={speaker} onBlocked={onBlocked} />,
      )}
      <Announcer state={state} />
    </div>
  );
}

interface NoticesProps {
  state: "joining" | "in" | "over" | "lost";
  blocked: boolean;
  shareFailed: boolean;
  onHear: () => void;
}

function Notices({ state, blocked, shareFailed, onHear }: NoticesProps) {
  const t = texts("rooms");
  return (
    <>
      {state === "joining" && <p role="status">{t("call.connecting")}</p>}
      {state === "lost" && (
        <Panel tone="warning" testId="line-lost">
          <p>{t("call.lineLost")}</p>
        </Panel>
      )}
      {shareFailed && (
        <Panel tone="warning" testId="share-failed">
          <p>{t("call.shareFailed")}</p>
        </Panel>
      )}
      {blocked && (
        <Button className="button primary" onPress={onHear} data-testid="hear">
          <Icon name="speaker" /> {t("call.hear")}
        </Button>
      )}
    </>
  );
}

/** A tab that goes says so; a network that is back is used at once. */
function useLeaving(call: RoomCall): void {
  useEffect(() => {
    const leave = (): void => call.leave();
    const retry = (): void => call.retryNow();
    window.addEventListener("pagehide", leave);
    window.addEventListener("online", retry);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("online", retry);
    };
  }, [call]);
}

/** M mutes and V switches the camera, unless somebody is writing or has switched the keys off. */
function useShortcuts(active: boolean, media: LocalMedia): void {
  useEffect(() => {
    if (!active) return;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const at = event.target instanceof Element ? event.target : null;
      if (at?.closest("input, textarea, select, [contenteditable], [role=dialog]")) return;
      const kind = { m: "microphone", v: "camera" }[event.key.toLowerCase()] as "microphone" | "camera" | undefined;
      if (kind) void media.turn(kind, !media.snapshot()[kind].on);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [active, media]);
}
