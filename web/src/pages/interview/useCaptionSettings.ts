import { useState } from "react";
import { recallChoice, rememberChoice } from "../../client/memory";
import { CAPTION_SIZES, type CaptionSettings } from "../../components/Captions";

const SHOWN = "captions";
const SIZE = "caption-size";

/** How the captions are shown, remembered in this browser for the next interview too. */
export function useCaptionSettings(): [CaptionSettings, (settings: CaptionSettings) => void] {
  const [settings, setSettings] = useState<CaptionSettings>(() => ({
    shown: recallChoice(SHOWN) !== "off",
    size: CAPTION_SIZES.find((size) => size === recallChoice(SIZE)) ?? "normal",
  }));
  const change = (next: CaptionSettings): void => {
    setSettings(next);
    rememberChoice(SHOWN, next.shown ? "on" : "off");
    rememberChoice(SIZE, next.size);
  };
  return [settings, change];
}
