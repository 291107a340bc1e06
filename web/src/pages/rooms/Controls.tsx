import { Button } from "react-aria-components/Button";
import { Checkbox } from "react-aria-components/Checkbox";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import type { LocalMedia, LocalState } from "../../client/room/media";
import { texts } from "../../i18n";
import { Icon, type IconName } from "../../ui/Icon";
import { DeviceFields } from "./DeviceFields";

export type PanelName = "chat" | "people" | "files";

interface ControlsProps {
  media: LocalMedia;
  local: LocalState;
  panel: PanelName | null;
  onPanel: (panel: PanelName) => void;
  unread: number;
  people: number;
  offers: number;
  sharing: boolean;
  onShare: () => void;
  speaker: string | null;
  onSpeaker: (deviceId: string) => void;
  shortcuts: boolean;
  onShortcuts: (on: boolean) => void;
  onLeave: () => void;
}

/** No browser of a phone can share its screen. */
const CAN_SHARE = typeof navigator !== "undefined" && "getDisplayMedia" in (navigator.mediaDevices ?? {});

/** Everything that one can do in a call, in the order in which it is needed. */
export function Controls(props: ControlsProps) {
  const t = texts("rooms");
  const { media, local, sharing, unread, people, offers } = props;
  const { on: heard } = local.microphone;
  const { on: seen } = local.camera;
  return (
    <section className="controls" aria-label={t("call.controls")}>
      <Control
        icon={heard ? "microphone" : "microphoneOff"}
        label={heard ? t("call.mute") : t("call.unmute")}
        isOff={!heard}
        onPress={() => void media.turn("microphone", !heard)}
        testId="mute"
      />
      <Control
        icon={seen ? "camera" : "cameraOff"}
        label={seen ? t("call.cameraOff") : t("call.cameraOn")}
        isOff={!seen}
        onPress={() => void media.turn("camera", !seen)}
        testId="camera"
      />
      {CAN_SHARE && (
        <Control
          icon="screen"
          label={sharing ? t("call.stopShare") : t("call.share")}
          isOff={sharing}
          onPress={props.onShare}
          testId="share"
        />
      )}
      <PanelControl {...props} name="chat" icon="chat" label={t("call.chat")} badge={unread} />
      <PanelControl {...props} name="people" icon="people" label={t("call.peopleButton")} badge={0} count={people} />
      <PanelControl {...props} name="files" icon="file" label={t("call.files")} badge={offers} />
      <DeviceDialog {...props} />
      <Control icon="leave" label={t("call.leave")} isDanger onPress={props.onLeave} testId="leave" />
    </section>
  );
}

interface ControlProps {
  icon: IconName;
  label: string;
  isOff?: boolean;
  isDanger?: boolean;
  onPress?: () => void;
  testId: string;
}

function Control({ icon, label, isOff = false, isDanger = false, onPress, testId }: ControlProps) {
  const look = isDanger ? "control danger" : isOff ? "control off" : "control";
  return (
    <Button className={look} onPress={onPress} data-testid={testId} data-off={isOff}>
      <Icon name={icon} />
      <span>{label}</span>
    </Button>
  );
}

interface PanelControlProps extends ControlsProps {
  name: PanelName;
  icon: IconName;
  label: string;
  badge: number;
  count?: number;
}

function PanelControl({ name, icon, label, badge, count, panel, onPanel }: PanelControlProps) {
  const t = texts("rooms");
  const isOpen = panel === name;
  return (
    <Button
      className={isOpen ? "control open" : "control"}
      onPress={() => onPanel(name)}
      aria-expanded={isOpen}
      aria-controls={isOpen ? "side-panel" : undefined}
      data-testid={`show-${name}`}
      data-badge={badge}
    >
      <Icon name={icon} />
      <span>
        {label}
        {count !== undefined && ` (${count})`}
      </span>
      {badge > 0 && <span className="badge">{t("call.unread", { count: badge })}</span>}
    </Button>
  );
}

function DeviceDialog({ media, local, speaker, onSpeaker, shortcuts, onShortcuts }: ControlsProps) {
  const t = texts("rooms");
  return (
    <DialogTrigger>
      <Control icon="devices" label={t("call.devices")} testId="devices" />
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog className="dialog">
            {({ close }) => (
              <>
                <Heading slot="title">{t("devices.title")}</Heading>
                <DeviceFields media={media} local={local} speaker={speaker} onSpeaker={onSpeaker} />
                <Checkbox className="checkbox" isSelected={shortcuts} onChange={onShortcuts} data-testid="shortcuts">
                  <span className="box">
                    <Icon name="check" />
                  </span>
                  {t("devices.shortcuts")}
                </Checkbox>
                <div className="actions">
                  <Button className="button primary" onPress={close} data-testid="devices-done">
                    {t("devices.close")}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
