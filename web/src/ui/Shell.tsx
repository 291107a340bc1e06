import { type ReactNode, useEffect, useRef } from "react";
import { texts } from "../i18n";
import { Icon } from "./Icon";

interface ShellProps {
  title: string;
  /** Beside the title, for example the state of the connection. */
  aside?: ReactNode;
  /** Changes with each step; the title then takes the focus, so that a screen reader starts there. */
  step?: string;
  /** Above the heading: where this page stands among others. */
  above?: ReactNode;
  /** Room for two columns. */
  wide?: boolean;
  children: ReactNode;
}

/** The frame of every page: banner, one main heading, content. */
export function Shell({ title, aside, step, above, wide = false, children }: ShellProps) {
  const t = texts("shared");
  const heading = useRef<HTMLHeadingElement>(null);
  const firstStep = useRef(step);
  useEffect(() => {
    document.title = `${title} · ${texts("shared")("brand")}`;
  }, [title]);
  useEffect(() => {
    if (step === firstStep.current) return;
    firstStep.current = undefined;
    heading.current?.focus();
    window.scrollTo(0, 0);
  }, [step]);
  return (
    <>
      <header className={wide ? "banner wide" : "banner"}>
        <a className="brand" href="/">
          <Icon name="wave" /> {t("brand")}
        </a>
        {aside}
      </header>
      <main className={wide ? "wide" : undefined}>
        {above}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
    </>
  );
}
