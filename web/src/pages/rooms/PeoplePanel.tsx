import type { CallState } from "../../client/room/call";
import type { LocalState } from "../../client/room/media";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { CopyLink } from "./CopyLink";
import { roomLink } from "./Stage";

interface PeoplePanelProps {
  state: CallState;
  local: LocalState;
  code: string;
  ownName: string;
}

/** Who is here, and the link for who is not. */
export function PeoplePanel({ state, local, code, ownName }: PeoplePanelProps) {
  const t = texts("rooms");
  const own = {
    key: "self",
    name: t("call.you", { name: ownName }),
    microphone: local.microphone.on,
    camera: local.camera.track !== null,
    note: "",
  };
  const others = state.people.map((person) => ({
    ...person,
    microphone: person.microphone ?? true,
    note: person.connection === "connected" ? "" : t(`call.connection.${person.connection}`),
  }));
  const all = [own, ...others];
  return (
    <div className="side-panel-body">
      <p className="quiet">{t("people.count", { count: all.length })}</p>
      <ul className="people" data-testid="people">
        {all.map(({ key, name, microphone, camera, note }) => (
          <li key={key}>
            <span className="people-name">{name}</span>
            {note !== "" && <span className="quiet">{note}</span>}
            <span className="people-signs">
              {!microphone && (
                <span>
                  <Icon name="microphoneOff" /> {t("call.muted")}
                </span>
              )}
              {!camera && (
                <span>
                  <Icon name="cameraOff" /> {t("call.noCamera")}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
      <h3>{t("people.link")}</h3>
      <p className="alone-link">{roomLink(code)}</p>
      <CopyLink code={code} />
    </div>
  );
}
