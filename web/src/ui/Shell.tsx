import { type ReactNode, useEffect, useRef } from "react";
import { Icon } from "./Icon";

interface ShellProps {
  title: string;
  /** Beside the title, for example the state of the connection. */
  aside?: ReactNode;
  /** Changes with each step; the title then takes the focus, so that a screen reader starts there. */
  step?: string;
  children: ReactNode;
}

/** The frame of every page: banner, one main heading, content. */
export function Shell({ title, aside, step, children }: ShellProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const firstStep = useRef(step);
  useEffect(() => {
    document.title = `${title} · Viva`;
  }, [title]);
  useEffect(() => {
    if (step === firstStep.current) return;
    firstStep.current = undefined;
    heading.current?.focus();
    window.scrollTo(0, 0);
  }, [step]);
  return (
    <>
      <header className="banner">
        <a className="brand" href="/">
          <Icon name="wave" /> Viva
        </a>
        {aside}
      </header>
      <main>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
    </>
  );
}
