import { useCallback, useEffect, useMemo, useState } from "react";
import { Button } from "react-aria-components/Button";
import { credential } from "../../client/account";
import { ApiError, HttpClient } from "../../client/http";
import { RoomCall } from "../../client/room/call";
import { RoomDoor, type RoomFacts } from "../../client/room/door";
import { LocalMedia } from "../../client/room/media";
import { recall, remember } from "../../client/room/preferences";
import { type Refusal, signallingUrl } from "../../client/room/signalling";
import { texts } from "../../i18n";
import { Shell } from "../../ui/Shell";
import { Unreachable } from "../../ui/Unreachable";
import { useRetryingLoad } from "../../ui/useRetryingLoad";
import { Call } from "./Call";
import { Lobby } from "./Lobby";
import "./rooms.css";

type Ending = Refusal | "left" | "busy";

/** `/rooms/{code}`: the lobby, the call, and what is said when there is none. The code is all that a guest needs. */
export default function CallPage({ code: typed }: { code: string }) {
  const door = useMemo(() => new RoomDoor(new HttpClient("", credential()), typed.trim().toLowerCase()), [typed]);
  const load = useCallback(() => door.knock(), [door]);
  const [knocked, knock] = useRetryingLoad(load);
  const [call, setCall] = useState<RoomCall | null>(null);
  const [media, setMedia] = useState<LocalMedia | null>(null);
  const [ending, setEnding] = useState<Ending | null>(null);
  const facts = useFacts(door, call === null && ending === null);

  const again = (): void => {
    setEnding(null);
    knock();
  };
  const join = (name: string, own: LocalMedia): void => {
    remember({ name });
    const url = signallingUrl(window.location.origin);
    const next = new RoomCall({ roomCode: door.code, name, url, loadIceServers: () => door.iceServers() });
    setMedia(own);
    setCall(next);
    void next.join();
  };
  const finish = (reason: Ending): void => {
    call?.leave();
    media?.close();
    setCall(null);
    setMedia(null);
    setEnding(reason);
  };

  const t = texts("rooms");
  if (call !== null && media !== null) {
    return <Call call={call} media={media} code={door.code} title={facts?.name ?? ""} onEnd={finish} />;
  }
  if (ending !== null) return <EndPage reason={ending} onAgain={again} />;
  if (knocked.state === "failed") return <EndPage reason={refusalFor(knocked.error)} onAgain={again} />;
  if (knocked.state === "waiting") {
    return (
      <Shell title={t("lobby.title")}>
        <Unreachable onRetry={knock} />
      </Shell>
    );
  }
  if (knocked.state === "loading") {
    return (
      <Shell title={t("lobby.title")}>
        <p role="status">{t("lobby.checking")}</p>
      </Shell>
    );
  }
  if (!knocked.value.open) return <EndPage reason={knocked.value.refusal} onAgain={again} />;
  return <Lobby facts={facts} onJoin={join} initial={recall()} />;
}

function refusalFor(error: ApiError): Ending {
  return error.status === 429 ? "busy" : error.status === 404 ? "unknown" : "invalid";
}

const FACTS_EVERY_MS = 5_000;

/** Who is in the room, for those who may know; guests are told when they join. */
function useFacts(door: RoomDoor, active: boolean): RoomFacts | null {
  const [facts, setFacts] = useState<RoomFacts | null>(null);
  useEffect(() => {
    if (!active) return;
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      const answer = await door.facts();
      if (!current || answer === null) return;
      setFacts(answer);
      timer = setTimeout(() => void ask(), FACTS_EVERY_MS);
    };
    void ask();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [door, active]);
  return facts;
}

function EndPage({ reason, onAgain }: { reason: Ending; onAgain: () => void }) {
  const t = texts("rooms");
  const canTry = reason === "left" || reason === "full" || reason === "busy" || reason === "invalid";
  return (
    <Shell title={t(`end.${reason}.title`)} step={reason}>
      <div data-testid="room-end" data-reason={reason}>
        <p className="lead" role="status">
          {t(`end.${reason}.text`)}
        </p>
        <div className="actions">
          {canTry && (
            <Button className="button primary" onPress={onAgain} data-testid="again">
              {reason === "left" ? t("end.again") : t("end.retry")}
            </Button>
          )}
          <a className="button" href="/rooms">
            {t("end.rooms")}
          </a>
        </div>
      </div>
    </Shell>
  );
}
