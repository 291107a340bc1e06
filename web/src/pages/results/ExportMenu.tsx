/**
 * Everything that can be taken along, in one menu.
 *
 * Stable `data-testid`s: export-menu, export (data-format), export-problem.
 */
import { useState } from "react";
import { Button } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import { saveAs } from "../../ui/save";
import { type Review, useReview } from "./review";

interface Export {
  /** Also the name in `exports.*` of the texts, without its ending. */
  format: string;
  url: string;
  file: string;
  words: string;
  detail: string;
}

function exportsOf({ results, api, isCandidate }: Review): Export[] {
  const t = texts("review");
  const one = (format: string, key: "json" | "vtt" | "srt" | "txt" | "print" | "csv", url?: string): Export => ({
    format,
    url: url ?? api.session.address(format),
    file: `${results.session_id}.${format.split(".").at(-1)}`,
    words: t(`exports.${key}.name`),
    detail: t(`exports.${key}.detail`),
  });
  const query = new URLSearchParams({ interview_id: results.interview_id ?? "", rows: "answers" });
  const audio = (name: string, url: string, key: "user" | "assistant" | "wave"): Export => ({
    format: name,
    url,
    file: `${results.session_id}-${name}`,
    words: t(`exports.${key}.name`),
    detail: t(`exports.${key}.detail`),
  });
  const { recording } = results;
  const page = `/results/${encodeURIComponent(results.session_id)}/print`;
  const everything = isCandidate ? [] : [one("export.json", "json")];
  const table = isCandidate ? [] : [one("export.csv", "csv", `/api/interview/export.csv?${query.toString()}`)];
  return [
    ...everything,
    ...table,
    one("transcript.txt", "txt"),
    one("transcript.vtt", "vtt"),
    one("transcript.srt", "srt"),
    one("page.html", "print", page),
    ...(recording?.tracks ?? []).map(({ side, url }) =>
      audio(`${side}.ogg`, url, side === "user" ? "user" : "assistant"),
    ),
    ...(recording?.wav_url ? [audio("stereo.wav", recording.wav_url, "wave")] : []),
  ];
}

export function ExportMenu() {
  const t = texts("review");
  const review = useReview();
  const [state, setState] = useState<{ problem: string | null; busy: string | null }>({ problem: null, busy: null });
  const choices = exportsOf(review);
  const save = async (choice: Export | undefined): Promise<void> => {
    if (choice === undefined) return;
    setState({ problem: null, busy: choice.words });
    try {
      saveAs(await review.api.session.file(choice.url), choice.file);
      setState({ problem: null, busy: null });
    } catch {
      setState({ problem: choice.words, busy: null });
    }
  };
  return (
    <div className="export no-print">
      <MenuTrigger>
        <Button className="button" data-testid="export-menu">
          <Icon name="save" /> {t("exports.title")} <Icon name="down" />
        </Button>
        <Popover className="popover menu-popover" placement="bottom end">
          <Menu
            className="menu"
            aria-label={t("exports.title")}
            onAction={(key) => void save(choices.find(({ format }) => format === key))}
          >
            {choices.map(({ format, words, detail }) => (
              <MenuItem
                key={format}
                id={format}
                className="menu-item"
                textValue={words}
                data-testid="export"
                data-format={format}
              >
                <span className="menu-words">{words}</span> <span className="quiet">{detail}</span>
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      <span role="status" className="quiet" data-testid="export-problem">
        {state.busy !== null && t("exports.busy", { what: state.busy })}
        {state.problem !== null && t("exports.failed", { what: state.problem })}
      </span>
    </div>
  );
}
