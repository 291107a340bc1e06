import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "react-aria-components/Button";
import { texts } from "../../i18n";
import { Icon } from "../../ui/Icon";
import type { PanelName } from "./Controls";

interface SidePanelProps {
  title: string;
  name: PanelName;
  onClose: () => void;
  children: ReactNode;
}

/** Beside the tiles, or over them on a phone. Escape closes it. */
export function SidePanel({ title, name, onClose, children }: SidePanelProps) {
  const t = texts("rooms");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [name]);
  return (
    <aside
      className="side-panel"
      id="side-panel"
      aria-label={title}
      data-testid={`panel-${name}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        onClose();
        document.querySelector<HTMLElement>(`[data-testid="show-${name}"]`)?.focus();
      }}
    >
      <div className="side-panel-head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <Button className="button small" onPress={onClose} data-testid="close-panel">
          <Icon name="close" /> {t("call.closePanel")}
        </Button>
      </div>
      {children}
    </aside>
  );
}
