import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { SessionApi } from "../../client/api";
import { InterviewCall } from "../../client/call";
import { ApiError } from "../../client/http";
import { missingSupport } from "../../client/microphone";
import { interviewAddress } from "../../client/route";
import type { StepName } from "../../components/Steps";
import { type About, type Arrival, type Ticket, aboutSession, newByInvite, startByInvite } from "./arrival";

/** Steps of the way, the question whether to continue, and the microphone of who comes back. */
export type Place = StepName | "ask" | "return";

export interface Journey {
  place: Place;
  steps: readonly StepName[];
  about: About;
  ticket: Ticket | null;
  session: SessionApi | null;
  call: InterviewCall | null;
  failure: ApiError | null;
  /** The last request got no answer. */
  isUnreachable: boolean;
  isWorking: boolean;
  go(place: Place): void;
  /** Opens the session where there is none yet, and keeps the agreement: from here on the attempt is used. */
  agree(): Promise<void>;
  anew(): Promise<void>;
  begin(microphone: MediaStream): void;
}

function firstPlace(arrival: Arrival): Place {
  if (arrival.asks) return "ask";
  if (arrival.returning) return "return";
  return arrival.agreed ? "check" : "about";
}

/** The way from the link to the interview: where the candidate stands, and what the next step takes. */
export function useJourney(
  arrival: Arrival,
  playAgent: (stream: MediaStream) => void,
  keepAddress: boolean,
): Journey {
  const [place, setPlace] = useState<Place>(() => firstPlace(arrival));
  const [about, setAbout] = useState(arrival.about);
  const [ticket, setTicket] = useState<Ticket | null>(arrival.ticket);
  const [call, setCall] = useState<InterviewCall | null>(null);
  const request = useRequest();
  /** A consent that was given leaves its step in the row of steps. */
  const hasConsent = useRef(arrival.about.consent !== null || arrival.agreed || arrival.invite !== null);
  const invite = useRef(arrival.invite);
  const session = useMemo(
    () => (ticket === null ? null : new SessionApi(ticket.sessionId, { bearer: ticket.token })),
    [ticket],
  );
  const steps: StepName[] = hasConsent.current
    ? ["about", "consent", "check", "practice", "live"]
    : ["about", "check", "practice", "live"];

  const agree = (): Promise<void> =>
    request.run(async () => {
      const open = ticket ?? (await startByInvite(invite.current ?? "", about.limitMs));
      setTicket(open);
      const api = new SessionApi(open.sessionId, { bearer: open.token });
      if (about.consent !== null) await api.consent(about.consent.version);
      setAbout({ ...aboutSession(await api.status()), consent: null });
      // From here on a reload, or the address in another tab, leads back to this session.
      if (!keepAddress) stay(open);
      setPlace("check");
    });

  const anew = (): Promise<void> =>
    request.run(async () => {
      const next = await newByInvite(invite.current ?? "");
      setTicket(null);
      setAbout(next.about);
      setPlace("about");
    });

  const begin = (microphone: MediaStream): void => {
    if (session === null || ticket === null) return;
    if (!keepAddress) stay(ticket);
    const next = new InterviewCall(session, ticket.iceServers, playAgent);
    setCall(next);
    setPlace("live");
    next.begin(microphone);
  };

  return {
    place,
    steps,
    about,
    ticket,
    session,
    call,
    failure: request.failure ?? unsupported(place),
    isUnreachable: request.isUnreachable,
    isWorking: request.isWorking,
    go: (next) => {
      request.clear();
      setPlace(next);
    },
    agree,
    anew,
    begin,
  };
}

/** Said before the link's attempt is used. */
function unsupported(place: Place): ApiError | null {
  if (place === "live" || missingSupport() !== "unsupported") return null;
  return new ApiError(0, "unsupported", "", null, null);
}

function stay(ticket: Ticket): void {
  const [path, hash] = interviewAddress(ticket.sessionId, ticket.token).split("#");
  window.history.replaceState(null, "", `${path}${window.location.search}#${hash}`);
}

function useRequest() {
  const [failure, setFailure] = useState<ApiError | null>(null);
  const [isUnreachable, setUnreachable] = useState(false);
  const [isWorking, setWorking] = useState(false);
  const running = useRef(false);
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setWorking(true);
    setUnreachable(false);
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiError && error.status < 500 && error.status !== 429) setFailure(error);
      else setUnreachable(true);
    } finally {
      running.current = false;
      setWorking(false);
    }
  };
  const clear = (): void => setUnreachable(false);
  return { failure, isUnreachable, isWorking, run, clear };
}

/** The element that the interviewer's voice comes out of, and whether the browser lets it. */
export function useAgentSound() {
  const element = useRef<HTMLAudioElement>(null);
  const [isBlocked, setBlocked] = useState(false);
  const start = useCallback(async (): Promise<void> => {
    try {
      await element.current?.play();
      setBlocked(false);
    } catch (error) {
      setBlocked(error instanceof DOMException && error.name === "NotAllowedError");
    }
  }, []);
  const play = useCallback(
    (stream: MediaStream): void => {
      if (element.current === null) return;
      element.current.srcObject = stream;
      void start();
    },
    [start],
  );
  /** Runs in a click: browsers let a page make sound only after one. */
  const prime = useCallback((): void => {
    if (element.current === null) return;
    element.current.srcObject = new MediaStream();
    void element.current.play().catch(() => undefined);
  }, []);
  return { element, isBlocked, start, play, prime };
}

/** The browser is online again: no need to wait for the next attempt. */
export function useRetryWhenOnline(call: InterviewCall | null): void {
  useEffect(() => {
    if (call === null) return;
    const online = (): void => call.retryNow();
    window.addEventListener("online", online);
    return () => window.removeEventListener("online", online);
  }, [call]);
}
