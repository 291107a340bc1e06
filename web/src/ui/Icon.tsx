/** Simple line drawings; always beside a text, so hidden from screen readers. */

const PATHS = {
  wave: "M4 10v4M8 6v12M12 9v6M16 4v16M20 10v4",
  microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3ZM5 11a7 7 0 0 0 14 0M12 18v3",
  microphoneOff: "M9 6a3 3 0 0 1 6 0v5M9 9v2a3 3 0 0 0 4 3M5 11a7 7 0 0 0 11 6M19 11a7 7 0 0 1-1 3M12 18v3M3 3l18 18",
  speaker: "M4 9v6h4l5 4V5L8 9H4ZM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
  camera: "M3 7h12v10H3ZM15 11l6-4v10l-6-4",
  cameraOff: "M7 7h8v6M15 11l6-4v10l-4-3M15 17H3V7M3 3l18 18",
  screen: "M3 5h18v11H3ZM8 20h8M12 16v4M9 11l3-3 3 3M12 8v6",
  chat: "M4 5h16v11H11l-5 4v-4H4Z",
  people: "M9 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM3 19a6 6 0 0 1 12 0M16 6a3 3 0 0 1 0 5M17 14a5 5 0 0 1 4 5",
  file: "M6 3h8l5 5v13H6ZM14 3v5h5",
  devices: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  copy: "M9 9h11v11H9ZM5 15H4V4h11v1",
  close: "M5 5l14 14M19 5 5 19",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3 2",
  check: "M4 12.5 10 18 20 6",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v6M12 7.5v.5",
  warning: "M12 4 2.5 20h19L12 4ZM12 10v5M12 17.5v.5",
  dots: "M5 12h.01M12 12h.01M19 12h.01",
  link: "M5 12a7 7 0 0 1 7-7M19 12a7 7 0 0 1-7 7M12 5l-2.5-2.5M12 5l-2.5 2.5M12 19l2.5 2.5M12 19l2.5-2.5",
  repeat: "M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5",
  keyboard: "M3 6h18v12H3ZM7 10h.01M11 10h.01M15 10h.01M8 14h8",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5v.5",
  captions: "M3 5h18v14H3ZM7 11h4M7 15h2M14 11h3M12 15h5",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 21a8 8 0 0 1 16 0",
  leave: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  down: "M6 9l6 6 6-6",
  up: "M6 15l6-6 6 6",
  plus: "M12 5v14M5 12h14",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10 11v5M14 11v5",
  mail: "M3 6h18v12H3ZM3 7l9 6 9-6",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  pencil: "M4 20l1-4L16 5l3 3L8 19ZM14 7l3 3",
  play: "M7 4.5v15l12-7.5Z",
  pause: "M8 5v14M16 5v14",
  back: "M11 7l-6 5 6 5ZM19 7l-6 5 6 5Z",
  forward: "M13 7l6 5-6 5ZM5 7l6 5-6 5Z",
  previous: "M18 6l-9 6 9 6ZM6 6v12",
  next: "M6 6l9 6-9 6ZM18 6v12",
  speakerOff: "M4 9v6h4l5 4V5L8 9H4ZM17 9l5 6M22 9l-5 6",
  minus: "M5 12h14",
  bolt: "M13 3 6 13h5l-1 8 8-11h-6Z",
  chain: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
