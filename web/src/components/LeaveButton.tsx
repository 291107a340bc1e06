import { Button } from "react-aria-components/Button";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { texts } from "../i18n";
import { Icon } from "../ui/Icon";

/** Asks before the interview ends, and says what is kept either way. */
export function LeaveButton({ ending, onEnd }: { ending: boolean; onEnd: () => void }) {
  const t = texts("candidate");
  return (
    <DialogTrigger>
      <Button className="button small" isDisabled={ending} data-testid="end">
        <Icon name="leave" /> {t("controls.leave")}
      </Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog role="alertdialog" className="dialog">
            {({ close }) => (
              <>
                <Heading slot="title">{t("leave.title")}</Heading>
                <p>{t("leave.pause")}</p>
                <p>{t("leave.end")}</p>
                <div className="actions">
                  <Button className="button" onPress={close} autoFocus>
                    {t("leave.stay")}
                  </Button>
                  <Button
                    className="button danger"
                    data-testid="end-confirm"
                    onPress={() => {
                      close();
                      onEnd();
                    }}
                  >
                    {t("leave.endNow")}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
