import { Button } from "react-aria-components/Button";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";
import { Copyable } from "./Copyable";

interface HelpButtonProps {
  /** Where the people who invite can be reached; empty where they did not say. */
  contact: string;
  /** What they find the interview by. */
  reference: string | null;
}

const TOPICS = ["unheard", "silent", "misheard", "pause", "broken"] as const;

/** What to do when something is not as it should be, and whom to ask. */
export function HelpButton({ contact, reference }: HelpButtonProps) {
  const t = texts("candidate");
  return (
    <DialogTrigger>
      <Button className="button small" data-testid="help">
        <Icon name="help" /> {t("controls.help")}
      </Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog className="dialog">
            {({ close }) => (
              <div data-testid="help-text">
                <Heading slot="title">{t("help.title")}</Heading>
                {TOPICS.map((topic) => (
                  <section key={topic}>
                    <h3>{t(`help.${topic}Title`)}</h3>
                    <p>{t(`help.${topic}`)}</p>
                  </section>
                ))}
                <h3>{t("help.contactTitle")}</h3>
                <Contact contact={contact} reference={reference} />
                <div className="actions">
                  <Button className="button primary" onPress={close} autoFocus data-testid="help-close">
                    {t("help.close")}
                  </Button>
                </div>
              </div>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

/** Whom to ask, and the number to name. */
export function Contact({ contact, reference }: HelpButtonProps) {
  const t = texts("candidate");
  return (
    <>
      {contact === "" ? (
        <p>{t("help.noContact")}</p>
      ) : (
        <p>
          {t("help.contact")} <Copyable text={contact} testId="contact" href={hrefOf(contact)} />
        </p>
      )}
      {reference !== null && (
        <p className="quiet">
          {t("help.reference")} <Copyable text={reference} testId="reference" />
        </p>
      )}
    </>
  );
}

/** An e-mail address or an https address can be followed; anything else (`javascript:` above all) is plain text. */
function hrefOf(contact: string): string | undefined {
  if (/^https:\/\/\S+$/.test(contact)) return contact;
  return /^[^\s@:/]+@[^\s@:/]+$/.test(contact) ? `mailto:${contact}` : undefined;
}
