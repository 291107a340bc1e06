import i18next from "i18next";
import { type ReactNode, useEffect, useState } from "react";
import { UNSAFE_PortalProvider as PortalProvider } from "react-aria/PortalProvider";
import { language as shownLanguage, loadTexts } from "../i18n";
import type candidate from "../i18n/locales/en/candidate.json";
import "../styles.css";
import "../components/interview.css";
import "./kit.css";

/** Any of the candidate's texts, in the structure of `web/src/i18n/locales/en/candidate.json`. */
export type CandidateTexts = Partial<{ [Key in keyof typeof candidate]: TextsOf<(typeof candidate)[Key]> }>;
type TextsOf<T> = T extends string ? string : Partial<{ [Key in keyof T]: TextsOf<T[Key]> }>;

export interface VivaProps {
  /** A language tag such as `de`; without it, the browser's own. English stands in for what a language lacks. */
  language?: string;
  /** Words of your own in place of ours. The first `<Viva>` of a page decides the language and the words. */
  texts?: CandidateTexts;
  children: ReactNode;
}

let loading: Promise<void> | null = null;

function load(language: string | undefined, texts: CandidateTexts | undefined): Promise<void> {
  // The page around has a language of its own; ours stands on our element alone.
  const { lang } = document.documentElement;
  loading ??= loadTexts(["shared", "candidate"], language === undefined ? undefined : [language]).then(() => {
    document.documentElement.lang = lang;
    if (texts !== undefined) i18next.addResourceBundle(i18next.language, "candidate", texts, true, true);
  });
  return loading;
}

/** What Viva's components need around them: their texts, and the element that their style sheet is for. */
export function Viva({ language, texts, children }: VivaProps) {
  const [loaded, setLoaded] = useState(false);
  const [container, setContainer] = useState<HTMLElement | null>(null);
  useEffect(() => {
    let current = true;
    void load(language, texts).then(() => current && setLoaded(true));
    return () => {
      current = false;
    };
    // Once: the first to load decides, see `texts`.
  }, []);
  return (
    <div className="viva" ref={setContainer} lang={loaded ? shownLanguage() : undefined}>
      {loaded && container !== null && (
        // Dialogs too: outside of this element they would have no style.
        <PortalProvider getContainer={() => container}>{children}</PortalProvider>
      )}
    </div>
  );
}
