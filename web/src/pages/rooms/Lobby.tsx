import { type FormEvent, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Meter } from "react-aria-components/Meter";
import type { RoomFacts } from "../../client/room/door";
import { type DeviceKind, LocalMedia, type LocalState } from "../../client/room/media";
import { cleanName } from "../../client/room/names";
import { type Preferences, remember } from "../../client/room/preferences";
import { language, texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Shell } from "../../ui/Shell";
import { DeviceFields, DeviceProblems } from "./DeviceFields";
import { Picture } from "./Picture";
import { useLevel, useLocal } from "./useLocal";

/** From this level on (of 100) a voice is plain to hear, above a room's noise. */
const HEARD_LEVEL = 45;

interface LobbyProps {
  facts: RoomFacts | null;
  initial: Preferences;
  /** Hands over camera and microphone, which are then the call's to close. */
  onJoin: (name: string, media: LocalMedia) => void;
}

/** Before the call: who one is, how one looks and sounds. */
export function Lobby({ facts, initial, onJoin }: LobbyProps) {
  const t = texts("rooms");
  const media = useMedia(initial);
  const local = useLocal(media.own);
  const [name, setName] = useState(initial.name);
  const [missing, setMissing] = useState(false);
  const [speaker, setSpeaker] = useState(initial.speaker);
  const field = useRef<HTMLInputElement>(null);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const clean = cleanName(name);
    setMissing(clean === "");
    if (clean === "") return field.current?.focus();
    media.handOver();
    remember({ withMicrophone: local.microphone.on, withCamera: local.camera.on });
    onJoin(clean, media.own);
  };
  return (
    <Shell title={facts?.name ? t("lobby.named", { name: facts.name }) : t("lobby.title")}>
      <p className="lead">{t("lobby.lead")}</p>
      {facts && <Present facts={facts} />}
      <form className="lobby" onSubmit={submit} noValidate data-testid="lobby">
        <section className="lobby-preview" aria-label={t("lobby.preview")}>
          <Preview local={local} name={name} />
          <div className="lobby-switches">
            <Switch kind="microphone" media={media.own} local={local} />
            <Switch kind="camera" media={media.own} local={local} />
          </div>
          <LevelMeter track={local.microphone.on ? local.microphone.track : null} />
        </section>
        <section className="lobby-choices" aria-label={t("devices.title")}>
          <div className="field">
            <label htmlFor="lobby-name">{t("lobby.name")}</label>
            <input
              id="lobby-name"
              ref={field}
              value={name}
              maxLength={60}
              autoComplete="name"
              onChange={(event) => setName(event.target.value)}
              aria-invalid={missing}
              aria-describedby="lobby-name-help"
              data-testid="name"
            />
            <span id="lobby-name-help" className={missing ? "field-error" : "field-help"}>
              {missing ? t("lobby.nameMissing") : t("lobby.nameHelp")}
            </span>
          </div>
          <DeviceFields
            media={media.own}
            local={local}
            speaker={speaker}
            onSpeaker={(id) => {
              remember({ speaker: id });
              setSpeaker(id);
            }}
          />
          <Button type="submit" className="button primary wide-button" data-testid="join">
            {t("lobby.join")}
          </Button>
        </section>
      </form>
      <DeviceProblems media={media.own} local={local} />
      <p className="quiet">{t("lobby.without")}</p>
    </Shell>
  );
}

/** Camera and microphone for as long as the lobby is there, unless they were handed over. */
function useMedia(initial: Preferences): { own: LocalMedia; handOver: () => void } {
  const own = useMemo(() => new LocalMedia(initial), []);
  const handedOver = useRef(false);
  useEffect(() => {
    void own.open({ microphone: initial.withMicrophone, camera: initial.withCamera });
    return () => {
      if (!handedOver.current) own.close();
    };
  }, [own]);
  return {
    own,
    handOver: () => {
      handedOver.current = true;
    },
  };
}

function Present({ facts }: { facts: RoomFacts }) {
  const t = texts("rooms");
  const names = facts.participants.filter(({ connected }) => connected).map((one) => cleanName(one.display_name));
  return (
    <p data-testid="present" role="status">
      <Icon name="people" />{" "}
      {names.length === 0
        ? t("lobby.empty")
        : t("lobby.present", { names: new Intl.ListFormat(language()).format(names) })}
    </p>
  );
}

function Preview({ local, name }: { local: LocalState; name: string }) {
  const t = texts("rooms");
  const { track } = local.camera;
  const stream = useMemo(() => (track === null ? null : new MediaStream([track])), [track]);
  return (
    <div className="tile preview" data-testid="preview" data-camera={stream !== null}>
      {stream !== null ? (
        <Picture stream={stream} mirrored label={t("lobby.preview")} />
      ) : (
        <p className="no-picture" role="status">
          {local.asking ? t("lobby.asking") : t("lobby.noPicture")}
        </p>
      )}
      {stream !== null && cleanName(name) !== "" && <p className="tile-name">{cleanName(name)}</p>}
    </div>
  );
}

function Switch({ kind, media, local }: { kind: DeviceKind; media: LocalMedia; local: LocalState }) {
  const t = texts("rooms");
  const { on } = local[kind];
  const icon = kind === "camera" ? (on ? "camera" : "cameraOff") : on ? "microphone" : "microphoneOff";
  return (
    <Button
      className={on ? "button" : "button off"}
      onPress={() => void media.turn(kind, !on)}
      data-testid={`lobby-${kind}`}
      data-on={on}
    >
      <Icon name={icon} /> {kind === "camera" ? t("lobby.withCamera") : t("lobby.withMicrophone")}
      {": "}
      {on ? t("lobby.on") : t("lobby.off")}
    </Button>
  );
}

function LevelMeter({ track }: { track: MediaStreamTrack | null }) {
  const t = texts("rooms");
  const level = useLevel(track);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    if (level >= HEARD_LEVEL) setHeard(true);
  }, [level]);
  if (track === null) return null;
  return (
    <>
      <Meter className="meter" value={level} aria-label={t("lobby.level")} data-testid="level">
        {({ percentage }) => (
          <div className="meter-track">
            <div className="meter-fill" style={{ inlineSize: `${percentage}%` }} />
          </div>
        )}
      </Meter>
      <p role="status" className="quiet" data-testid="heard" data-heard={heard}>
        {heard ? t("lobby.heard") : t("lobby.speak")}
      </p>
    </>
  );
}
