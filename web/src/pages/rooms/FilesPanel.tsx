import { type DragEvent, useState } from "react";
import { Button } from "react-aria-components/Button";
import { FileTrigger } from "react-aria-components/FileTrigger";
import { ProgressBar } from "react-aria-components/ProgressBar";
import type { CallState, RoomCall } from "../../client/room/call";
import type { Transfer } from "../../client/room/files";
import { language, texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { saveAs } from "../../ui/save";

const HASH_SHOWN = 12;

/** Files that were offered, in both directions. Nothing is opened or shown by itself. */
export function FilesPanel({ call, state }: { call: RoomCall; state: CallState }) {
  const t = texts("rooms");
  const [over, setOver] = useState(false);
  const [refusal, setRefusal] = useState("");
  const offer = async (files: readonly File[]): Promise<void> => {
    setRefusal("");
    for (const file of files) {
      const refused = await call.offerFile(file, file.name);
      if (refused !== null) setRefusal(t(`files.refused.${refused}`, { file: file.name }));
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void offer([...event.dataTransfer.files]);
  };
  return (
    <div className="side-panel-body">
      <div
        className="drop"
        data-over={over}
        data-testid="drop"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <FileTrigger onSelect={(list) => void offer(list === null ? [] : [...list])}>
          <Button className="button" data-testid="choose-file">
            <Icon name="file" /> {t("files.choose")}
          </Button>
        </FileTrigger>
        <span>{t("files.drop")}</span>
      </div>
      <p className="quiet">{t("files.help")}</p>
      <p className="field-error" role="status" data-testid="file-refusal">
        {refusal}
      </p>
      {state.transfers.length === 0 && <p className="quiet">{t("files.empty")}</p>}
      <ul className="transfers">
        {[...state.transfers].reverse().map((transfer) => (
          <TransferItem key={transfer.id} call={call} transfer={transfer} name={nameOf(state, transfer)} />
        ))}
      </ul>
    </div>
  );
}

/** Who is gone has no name any more; the name of the file is enough then. */
function nameOf(state: CallState, { person }: Transfer): string {
  return state.people.find(({ key }) => key === person)?.name ?? "…";
}

function TransferItem({ call, transfer, name }: { call: RoomCall; transfer: Transfer; name: string }) {
  const t = texts("rooms");
  const { id, direction, name: file, size, bytes, state, sha256, blob } = transfer;
  const both = state === "offered" || state === "whole";
  const percent = new Intl.NumberFormat(language(), { style: "percent" }).format(size === 0 ? 0 : bytes / size);
  const said = both ? t(`files.state.${state}_${direction}`) : t(`files.state.${state}`, { percent });
  const action = (key: "accept" | "decline" | "cancel" | "save", primary: boolean, act: () => void) => (
    <Button
      className={primary ? "button small primary" : "button small"}
      onPress={act}
      aria-label={t("files.of", { file, action: t(`files.${key}`) })}
      data-testid={`file-${key}`}
    >
      {t(`files.${key}`)}
    </Button>
  );
  return (
    <li
      className="transfer"
      data-testid="transfer"
      data-direction={direction}
      data-state={state}
      data-sha256={sha256}
      data-name={file}
    >
      <strong className="transfer-name">{file}</strong>
      <span className="quiet">
        {direction === "in" ? t("files.from", { name }) : t("files.to", { name })} · {sizeText(size)}
      </span>
      <span>{said}</span>
      {state === "moving" && (
        <ProgressBar value={bytes} maxValue={size} aria-label={t("files.progress", { file })}>
          {({ percentage }) => (
            <div className="meter-track">
              <div className="meter-fill" style={{ inlineSize: `${percentage ?? 0}%` }} />
            </div>
          )}
        </ProgressBar>
      )}
      {state === "whole" && <span className="quiet">{t("files.check", { hash: sha256.slice(0, HASH_SHOWN) })}</span>}
      <span className="transfer-actions">
        {state === "offered" && direction === "in" && (
          <>
            {action("accept", true, () => call.answerFile(id, true))}
            {action("decline", false, () => call.answerFile(id, false))}
          </>
        )}
        {(state === "moving" || (state === "offered" && direction === "out")) &&
          action("cancel", false, () => call.cancelFile(id))}
        {blob !== null && action("save", true, () => saveAs(blob, file))}
      </span>
    </li>
  );
}

function sizeText(bytes: number): string {
  const unit = bytes >= 1e6 ? "megabyte" : bytes >= 1e3 ? "kilobyte" : "byte";
  const value = bytes / { megabyte: 1e6, kilobyte: 1e3, byte: 1 }[unit];
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 } as const;
  return new Intl.NumberFormat(language(), options).format(value);
}
