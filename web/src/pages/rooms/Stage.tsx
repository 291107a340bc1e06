import { useEffect, useMemo, useRef, useState } from "react";
import type { CallState, Person, RoomCall } from "../../client/room/call";
import { columnsFor, tileWidth } from "../../client/room/layout";
import type { LocalState } from "../../client/room/media";
import { initials } from "../../client/room/names";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { CopyLink } from "./CopyLink";
import { Picture } from "./Picture";
import { SELF } from "./useSpeaker";

interface StageProps {
  call: RoomCall;
  state: CallState;
  local: LocalState;
  speaking: string | null;
  code: string;
}

/** The tiles: as large as fit, or small beside a shared screen. */
export function Stage({ call, state, local, speaking, code }: StageProps) {
  const t = texts("rooms");
  const { people, sharing } = state;
  const shared = people.find(({ screen }) => screen !== null);
  const screen = shared?.screen ?? sharing;
  const grid = useRef<HTMLUListElement>(null);
  const style = useTileWidth(grid, people.length + 1, screen === null);
  const own = useMemo(
    () => (local.camera.track ? new MediaStream([local.camera.track]) : null),
    [local.camera.track],
  );
  return (
    <div className="stage" data-testid="stage" data-layout={screen === null ? "grid" : "screen"}>
      {screen !== null && (
        <figure className="screen" data-testid="screen" data-person={shared?.key ?? SELF}>
          <Picture
            stream={screen}
            label={shared ? t("call.screenOf", { name: shared.name }) : t("call.ownScreen")}
            testId="screen-picture"
          />
          <figcaption>{shared ? t("call.screenOf", { name: shared.name }) : t("call.ownScreen")}</figcaption>
        </figure>
      )}
      <ul
        className="tiles"
        ref={grid}
        aria-label={t("call.people")}
        style={style}
        // Beside a screen the list scrolls, also by keyboard.
        tabIndex={screen === null ? undefined : 0}
      >
        <Tile
          person={SELF}
          name={t("call.you", { name: call.name })}
          initials={initials(call.name)}
          stream={own}
          camera={own !== null}
          microphone={local.microphone.on}
          speaking={speaking === SELF}
          mirrored
          note=""
        />
        {people.map((one) => (
          <Tile
            key={one.key}
            person={one.key}
            name={one.name}
            initials={initials(one.name)}
            stream={one.media}
            camera={one.camera}
            microphone={one.microphone ?? true}
            speaking={speaking === one.key}
            note={noteFor(one, t)}
            connection={one.connection}
          />
        ))}
      </ul>
      {people.length === 0 && state.phase === "in" && (
        <div className="card alone" data-testid="alone">
          <p>
            <strong>{t("call.alone")}</strong>
          </p>
          <p>{t("call.aloneHelp")}</p>
          <p className="alone-link">{roomLink(code)}</p>
          <CopyLink code={code} primary />
        </div>
      )}
    </div>
  );
}

function noteFor({ connection, reachable }: Person, t: ReturnType<typeof texts<"rooms">>): string {
  if (connection !== "connected") return t(`call.connection.${connection}`);
  return reachable ? "" : t("call.connection.unreachable");
}

export function roomLink(code: string): string {
  return `${window.location.origin}/rooms/${encodeURIComponent(code)}`;
}

interface TileProps {
  person: string;
  name: string;
  initials: string;
  stream: MediaStream | null;
  camera: boolean;
  microphone: boolean;
  speaking: boolean;
  mirrored?: boolean;
  note: string;
  connection?: string;
}

function Tile({
  person,
  name,
  initials: letters,
  stream,
  camera,
  microphone,
  speaking,
  mirrored,
  note,
  connection,
}: TileProps) {
  const t = texts("rooms");
  return (
    <li
      className="tile"
      data-testid={person === SELF ? "own-tile" : "tile"}
      data-person={person}
      data-name={name}
      data-camera={camera}
      data-microphone={microphone}
      data-speaking={speaking}
      data-connection={connection ?? "connected"}
    >
      {camera ? (
        <Picture stream={stream} mirrored={mirrored} label={name} testId="picture" />
      ) : (
        <span className="initials" aria-hidden="true">
          {letters}
        </span>
      )}
      {note !== "" && <p className="tile-note">{note}</p>}
      <p className="tile-name">
        {!microphone && <Icon name="microphoneOff" />}
        {speaking && microphone && <Icon name="wave" />}
        <span>{name}</span>
        {!microphone && <span className="hidden">, {t("call.muted")}</span>}
        {!camera && <span className="hidden">, {t("call.noCamera")}</span>}
      </p>
    </li>
  );
}

const GAP = 8;

/** Columns and width of the tiles for the space that there is. */
function useTileWidth(
  grid: React.RefObject<HTMLUListElement | null>,
  count: number,
  active: boolean,
): React.CSSProperties | undefined {
  const [space, setSpace] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = grid.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSpace({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [grid]);
  if (!active || space.width === 0) return undefined;
  const { width, height } = space;
  const columns = columnsFor(count, width, height, GAP);
  const tile = tileWidth(count, columns, width, height, GAP);
  return { "--tile": `${tile}px` } as React.CSSProperties;
}
