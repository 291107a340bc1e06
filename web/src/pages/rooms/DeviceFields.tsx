import { Button } from "react-aria-components/Button";
import type { Device, DeviceKind, Listed, LocalMedia, LocalState } from "../../client/room/media";
import { remember } from "../../client/room/preferences";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";

interface DeviceFieldsProps {
  media: LocalMedia;
  local: LocalState;
  speaker: string | null;
  onSpeaker: (deviceId: string) => void;
}

const CAN_CHOOSE_SPEAKER = typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;

/** Which camera, which microphone, and where the browser can tell: which speaker. */
export function DeviceFields({ media, local, speaker, onSpeaker }: DeviceFieldsProps) {
  const t = texts("rooms");
  const choose = (kind: DeviceKind) => (deviceId: string) => {
    remember({ [kind]: deviceId });
    void media.choose(kind, deviceId);
  };
  return (
    <div className="device-fields">
      <DeviceField
        kind="camera"
        label={t("devices.camera")}
        devices={local.cameras}
        chosen={local.camera.deviceId}
        onChoose={choose("camera")}
      />
      <DeviceField
        kind="microphone"
        label={t("devices.microphone")}
        devices={local.microphones}
        chosen={local.microphone.deviceId}
        onChoose={choose("microphone")}
      />
      {CAN_CHOOSE_SPEAKER && local.speakers.length > 0 && (
        <DeviceField
          kind="speaker"
          label={t("devices.speaker")}
          devices={local.speakers}
          chosen={speaker ?? local.speakers[0]?.id ?? null}
          onChoose={onSpeaker}
        />
      )}
    </div>
  );
}

interface DeviceFieldProps {
  kind: string;
  label: string;
  devices: readonly Listed[];
  chosen: string | null;
  onChoose: (deviceId: string) => void;
}

/** The browser's own list box: on a phone it is the one that people know. */
function DeviceField({ kind, label, devices, chosen, onChoose }: DeviceFieldProps) {
  const t = texts("rooms");
  const isListed = devices.some(({ id }) => id === chosen);
  return (
    <label className="field">
      <span>{label}</span>
      <select
        value={isListed ? (chosen ?? "") : ""}
        disabled={devices.length === 0}
        onChange={(event) => onChoose(event.target.value)}
        data-testid={`${kind}-select`}
      >
        {!isListed && <option value="">{t("devices.standard")}</option>}
        {devices.map(({ id, label: name }, index) => (
          <option key={id} value={id}>
            {name || t("devices.number", { kind: label, number: index + 1 })}
          </option>
        ))}
      </select>
    </label>
  );
}

interface DeviceProblemsProps {
  media: LocalMedia;
  local: LocalState;
  /** States whose problem is known already. */
  known?: ReadonlySet<Device>;
}

/** What is the matter with a device, and what to do. */
export function DeviceProblems({ media, local, known }: DeviceProblemsProps) {
  const t = texts("rooms");
  const isNews = (kind: DeviceKind): boolean => local[kind].problem !== null && !known?.has(local[kind]);
  const kinds = (["microphone", "camera"] as const).filter(isNews);
  if (kinds.length === 0) return null;
  return (
    <>
      {kinds.map((kind) => (
        <div key={kind} data-testid={`${kind}-problem`} data-problem={local[kind].problem}>
          <Panel tone="warning">
            <p>{t(`problem.${kind}.${local[kind].problem ?? "none"}`)}</p>
            {local[kind].problem !== "insecure_page" && (
              <Button className="button small" onPress={() => void media.turn(kind, true)}>
                <Icon name="repeat" /> {t("devices.retry")}
              </Button>
            )}
          </Panel>
        </div>
      ))}
    </>
  );
}
