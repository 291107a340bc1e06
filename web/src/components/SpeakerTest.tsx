import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components/Button";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";

const TONES_HZ = [440, 554, 659] as const;
const TONE_S = 0.35;
const LEVEL = 0.18;

/** Three soft tones, one after the other, on the speakers that the interviewer's voice comes out of. */
function playTones(context: AudioContext): Promise<void> {
  return new Promise((resolve) => {
    TONES_HZ.forEach((hz, index) => {
      const startS = context.currentTime + 0.05 + index * TONE_S;
      const tone = context.createOscillator();
      const level = context.createGain();
      tone.frequency.value = hz;
      level.gain.setValueAtTime(0, startS);
      level.gain.linearRampToValueAtTime(LEVEL, startS + 0.03);
      level.gain.linearRampToValueAtTime(0, startS + TONE_S);
      tone.connect(level).connect(context.destination);
      tone.start(startS);
      tone.stop(startS + TONE_S);
      if (index === TONES_HZ.length - 1) tone.onended = () => resolve();
    });
  });
}

export function SpeakerTest() {
  const t = texts("candidate");
  const [playing, setPlaying] = useState(false);
  const context = useRef<AudioContext | null>(null);
  useEffect(() => () => void context.current?.close().catch(() => undefined), []);
  const play = async (): Promise<void> => {
    if (playing) return;
    setPlaying(true);
    context.current ??= new AudioContext();
    await playTones(context.current);
    setPlaying(false);
  };
  return (
    <>
      <p>{t("check.hearIt")}</p>
      <Button className="button" onPress={() => void play()} data-testid="speaker-test" data-playing={playing}>
        <Icon name="speaker" /> {playing ? t("check.playing") : t("check.play")}
      </Button>
    </>
  );
}
