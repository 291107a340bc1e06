/**
 * `<viva-interview src="https://viva.example/i/CODE">`: an interview in a page of another site. It makes the frame,
 * lets it have the microphone, keeps it as high as its content, and passes on what the frame tells, as events of its
 * own: `viva-ready`, `viva-state`, `viva-ended`, `viva-height`, each with the message as `detail`; and
 * `viva-unavailable` when nothing came up, which also shows what stands inside of the element (a link, say).
 */
import { type FrameMessage, frameAddress, parseFrameMessage } from "./frame";

/** What the frame's page may need of the browser; the page around cannot be given more than it has itself. */
const ALLOW = "microphone; autoplay; screen-wake-lock; clipboard-write";
const HEIGHT_AT_FIRST_PX = 640;
/** So long a page may take to come up on a poor line. */
const PATIENCE_MS = 10_000;

/** On a server, where pages are only written, there are no elements; importing this there does nothing. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class VivaInterviewElement extends Base {
  static readonly observedAttributes = ["src"];
  private frame: HTMLIFrameElement | null = null;
  private fallback: HTMLSlotElement | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly onMessage = (event: MessageEvent): void => this.receive(event);

  connectedCallback(): void {
    window.addEventListener("message", this.onMessage);
    this.show();
  }

  disconnectedCallback(): void {
    window.removeEventListener("message", this.onMessage);
    this.clear();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.show();
  }

  private clear(): void {
    clearTimeout(this.timer);
    this.frame?.remove();
    this.frame = null;
  }

  private show(): void {
    this.clear();
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    this.fallback ??= root.appendChild(document.createElement("slot"));
    this.reveal(true);
    this.style.display ||= "block";
    const address = frameAddress(this.absolute(), window.location.origin);
    if (address === null) return this.unavailable();
    const frame = document.createElement("iframe");
    frame.allow = ALLOW;
    frame.title = this.getAttribute("label") ?? "Interview";
    frame.style.cssText = `display:block;border:0;inline-size:100%;block-size:${HEIGHT_AT_FIRST_PX}px`;
    frame.src = address;
    this.frame = frame;
    root.append(frame);
    this.timer = setTimeout(() => this.unavailable(), PATIENCE_MS);
  }

  private absolute(): string {
    try {
      return new URL(this.getAttribute("src") ?? "", document.baseURI).href;
    } catch {
      return "";
    }
  }

  /** Either the frame is seen, or what stands in for it. */
  private reveal(isThere: boolean): void {
    if (this.fallback !== null) this.fallback.hidden = isThere;
    if (this.frame !== null) this.frame.style.display = isThere ? "block" : "none";
  }

  private unavailable(): void {
    this.reveal(false);
    this.dispatchEvent(new CustomEvent("viva-unavailable", { bubbles: true, composed: true }));
  }

  private receive(event: MessageEvent): void {
    const frame = this.frame;
    if (frame === null || event.source !== frame.contentWindow || event.origin !== new URL(frame.src).origin) return;
    const message = parseFrameMessage(event.data);
    if (message !== null) this.pass(message, frame);
  }

  private pass(message: FrameMessage, frame: HTMLIFrameElement): void {
    clearTimeout(this.timer);
    this.reveal(true);
    if (message.type === "viva.height") frame.style.blockSize = `${message.height}px`;
    if (message.type === "viva.ready" && message.microphone === "blocked") {
      console.warn("viva-interview: this page's Permissions-Policy keeps the microphone from the interview's frame");
    }
    const name = message.type.replace(".", "-");
    this.dispatchEvent(new CustomEvent(name, { detail: message, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "viva-interview": VivaInterviewElement;
  }
  interface HTMLElementEventMap {
    "viva-ready": CustomEvent<Extract<FrameMessage, { type: "viva.ready" }>>;
    "viva-state": CustomEvent<Extract<FrameMessage, { type: "viva.state" }>>;
    "viva-ended": CustomEvent<Extract<FrameMessage, { type: "viva.ended" }>>;
    "viva-height": CustomEvent<Extract<FrameMessage, { type: "viva.height" }>>;
    "viva-unavailable": CustomEvent<null>;
  }
}

const registry = globalThis.customElements as CustomElementRegistry | undefined;
if (registry?.get("viva-interview") === undefined) registry?.define("viva-interview", VivaInterviewElement);
