import { useEffect, useRef } from "react";

interface PictureProps {
  stream: MediaStream | null;
  /** Of oneself, as in a mirror. */
  mirrored?: boolean;
  label: string;
  testId?: string;
}

/** Moving pictures without their sound, which {@link Voices} plays: a tile may move on the page without a gap in it. */
export function Picture({ stream, mirrored = false, label, testId }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (element && element.srcObject !== stream) element.srcObject = stream;
  }, [stream]);
  return (
    <video
      ref={video}
      className={mirrored ? "picture mirrored" : "picture"}
      aria-label={label}
      data-testid={testId}
      autoPlay
      playsInline
      muted
    />
  );
}

interface VoiceProps {
  stream: MediaStream;
  speaker: string | null;
  onBlocked: () => void;
}

/** Plays what one person says. */
export function Voice({ stream, speaker, onBlocked }: VoiceProps) {
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = audio.current;
    if (!element) return;
    if (element.srcObject !== stream) element.srcObject = stream;
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") onBlocked();
    });
  }, [stream, onBlocked]);
  useEffect(() => {
    const element = audio.current;
    // Safari and older Firefox play where the system says.
    if (element && speaker !== null && "setSinkId" in element) void element.setSinkId(speaker).catch(() => undefined);
  }, [speaker]);
  return <audio ref={audio} data-testid="voice" autoPlay />;
}
