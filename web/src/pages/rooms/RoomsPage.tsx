import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components/Button";
import { Checkbox } from "react-aria-components/Checkbox";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { codeOf } from "../../client/room/door";
import { type Body, data } from "../../client/rest";
import { language, texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { Panel } from "../../ui/Panel";
import { Staff, StaffShell, queries, rest } from "../../ui/staff";
import { CopyLink } from "./CopyLink";
import { roomLink } from "./Stage";
import "./rooms.css";

const ROOMS = ["rooms"] as const;
const LOOK_EVERY_MS = 5_000;
const SEATS = { least: 2, most: 16, standard: 6 };

/** `/rooms`: a new room, one's own rooms, and the way into any other by its code. */
export default function RoomsPage() {
  return (
    <Staff>
      <Rooms />
    </Staff>
  );
}

function Rooms() {
  const t = texts("rooms");
  return (
    <StaffShell title={t("page.title")}>
      <p className="lead">{t("page.lead")}</p>
      <div className="rooms-page">
        <div className="room-doors">
          <JoinByCode />
          <NewRoom />
        </div>
        <RoomList />
      </div>
    </StaffShell>
  );
}

function NewRoom() {
  const t = texts("rooms");
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [seats, setSeats] = useState(SEATS.standard);
  const create = useMutation({
    mutationFn: async () => {
      const body = { name: name.trim() || null, description: description.trim() || null, max_participants: seats };
      return data(await rest.POST("/api/rooms", { body }));
    },
    onSuccess: () => {
      setName("");
      setDescription("");
      void queries.invalidateQueries({ queryKey: ROOMS });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <section className="card" aria-labelledby="new-room">
      <h2 id="new-room">{t("page.new")}</h2>
      <form onSubmit={submit}>
        <Field id="room-name" label={t("page.newName")} help={t("page.newNameHelp")}>
          <input
            id="room-name"
            value={name}
            maxLength={128}
            onChange={(event) => setName(event.target.value)}
            aria-describedby="room-name-help"
            data-testid="room-name"
          />
        </Field>
        <Field id="room-description" label={t("page.newDescription")} help={t("page.newDescriptionHelp")}>
          <input
            id="room-description"
            value={description}
            maxLength={2000}
            onChange={(event) => setDescription(event.target.value)}
            aria-describedby="room-description-help"
            data-testid="room-description"
          />
        </Field>
        <Field id="room-seats" label={t("page.newSeats")} help={t("page.newSeatsHelp")}>
          <input
            id="room-seats"
            type="number"
            required
            min={SEATS.least}
            max={SEATS.most}
            value={seats}
            onChange={(event) => setSeats(event.target.valueAsNumber)}
            aria-describedby="room-seats-help"
            data-testid="room-seats"
          />
        </Field>
        <Button type="submit" className="button primary" isDisabled={create.isPending} data-testid="create-room">
          {create.isPending ? t("page.creating") : t("page.create")}
        </Button>
      </form>
      {create.isError && (
        <Panel tone="error">
          <p>{t("page.notDone", { reason: create.error.message })}</p>
        </Panel>
      )}
      {create.data && (
        <div role="status" className="created" data-testid="created" data-code={create.data.room_code}>
          <p>{t("page.created")}</p>
          <p className="alone-link">
            <a href={`/rooms/${create.data.room_code}`}>{roomLink(create.data.room_code)}</a>
          </p>
          <CopyLink code={create.data.room_code} />
        </div>
      )}
    </section>
  );
}

interface FieldProps {
  id: string;
  label: string;
  help: string;
  wrong?: boolean;
  children: React.ReactNode;
}

function Field({ id, label, help, wrong = false, children }: FieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      <span id={`${id}-help`} className={wrong ? "field-error" : "field-help"}>
        {help}
      </span>
    </div>
  );
}

function JoinByCode() {
  const t = texts("rooms");
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const code = codeOf(typed);
    setWrong(code === null);
    if (code === null) document.getElementById("room-code")?.focus();
    else window.location.assign(`/rooms/${code}`);
  };
  return (
    <section className="card" aria-labelledby="join-room">
      <h2 id="join-room">{t("page.join")}</h2>
      <form onSubmit={submit} noValidate>
        <Field
          id="room-code"
          label={t("page.code")}
          help={wrong ? t("page.codeWrong") : t("page.codeHelp")}
          wrong={wrong}
        >
          <input
            id="room-code"
            value={typed}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
            aria-invalid={wrong}
            aria-describedby="room-code-help"
            data-testid="room-code"
          />
        </Field>
        <Button type="submit" className="button" data-testid="go-to-room">
          {t("page.joinButton")}
        </Button>
      </form>
    </section>
  );
}

type Room = Body<"RoomSummary"> & { description?: string | null };

function RoomList() {
  const t = texts("rooms");
  const [all, setAll] = useState(false);
  const listed = useQuery({
    queryKey: [...ROOMS, all],
    queryFn: async (): Promise<Room[]> => {
      const query = all ? {} : { state: "open" };
      const answer = data(await rest.GET("/api/rooms", { params: { query } }));
      return Array.isArray(answer) ? answer : answer.rooms;
    },
    refetchInterval: LOOK_EVERY_MS,
  });
  return (
    <section aria-labelledby="own-rooms">
      <div className="title-row">
        <h2 id="own-rooms">{t("page.own")}</h2>
        <Checkbox className="checkbox" isSelected={all} onChange={setAll} data-testid="all-rooms">
          <span className="box">
            <Icon name="check" />
          </span>
          {t("page.openOnly")}
        </Checkbox>
      </div>
      {listed.isPending && <p role="status">{t("page.loading")}</p>}
      {listed.isError && (
        <Panel tone="warning" testId="rooms-failed">
          <p>{t("page.failed", { reason: listed.error.message })}</p>
        </Panel>
      )}
      {listed.data?.length === 0 && <p data-testid="no-rooms">{t("page.empty")}</p>}
      <ul className="rooms">
        {listed.data?.map((room) => (
          <RoomItem key={room.room_code} room={room} />
        ))}
      </ul>
    </section>
  );
}

function RoomItem({ room }: { room: Room }) {
  const t = texts("rooms");
  const { room_code: code, state, participant_count: count } = room;
  const name = room.name ?? t("page.untitled", { code });
  const moment = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" });
  const isOpen = state === "open";
  return (
    <li className="card room" data-testid="room" data-code={code} data-state={state}>
      <h3>{name}</h3>
      {room.description && <p>{room.description}</p>}
      <p className="room-facts">
        <span className="room-state" data-state={state}>
          <Icon name={isOpen ? "check" : "info"} /> {t(`page.state.${state as "open" | "closed" | "expired"}`)}
        </span>
        <span>
          {t("page.codeLabel")}: <code>{code}</code>
        </span>
        <span data-testid="room-people">{count === 0 ? t("page.nobody") : t("page.people", { count })}</span>
        <span>{t("page.createdAt", { time: moment.format(new Date(room.created_at)) })}</span>
        {isOpen && (
          <span>
            {room.expires_at
              ? t("page.expiresAt", { time: moment.format(new Date(room.expires_at)) })
              : t("page.noEnd")}
          </span>
        )}
      </p>
      {isOpen && (
        <div className="room-actions">
          <a className="button primary" href={`/rooms/${code}`} data-testid="enter-room">
            {t("page.enter")}
            <span className="hidden">: {name}</span>
          </a>
          <CopyLink code={code} name={name} />
          <CloseRoom code={code} name={name} />
        </div>
      )}
    </li>
  );
}

function CloseRoom({ code, name }: { code: string; name: string }) {
  const t = texts("rooms");
  const close = useMutation({
    mutationFn: async () => {
      await rest.DELETE("/api/rooms/{room}", { params: { path: { room: code } } });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ROOMS }),
  });
  return (
    <DialogTrigger>
      <Button className="button small danger" aria-label={t("page.closeOf", { name })} data-testid="close-room">
        {t("page.close")}
      </Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog role="alertdialog" className="dialog">
            {({ close: dismiss }) => (
              <>
                <Heading slot="title">{t("page.closeTitle")}</Heading>
                <p>{t("page.closeText")}</p>
                <div className="actions">
                  <Button className="button" onPress={dismiss} autoFocus>
                    {t("page.closeNo")}
                  </Button>
                  <Button
                    className="button danger"
                    onPress={() => {
                      dismiss();
                      close.mutate();
                    }}
                    data-testid="close-room-yes"
                  >
                    {t("page.closeYes")}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
      {close.isError && (
        <span className="field-error" role="alert">
          {t("page.notDone", { reason: close.error.message })}
        </span>
      )}
    </DialogTrigger>
  );
}
