import { useEffect, useState, useSyncExternalStore } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { subscribe as subscribeToAccount } from "../../client/account";
import { language, texts } from "../../i18n";
import { StaffShell } from "../../ui/staff";
import { CapacityCard, EngineCard, NetworkCard, QualityCard, RequestsCard, SessionsCard, StorageCard } from "./Cards";
import { KeyPanel } from "./KeyPanel";
import { ProblemsCard } from "./ProblemsCard";
import { Sources, Tools } from "./Tools";
import { UsageCard } from "./UsageCard";
import { VerdictPanel } from "./VerdictPanel";
import { Source } from "./source";
import { StatusWatch } from "./watch";
import "./operator.css";

/**
 * For an operator's second screen: how the whole server is doing. It stands outside of the staff pages' gate: it has a
 * way in of its own, by key, and stays where it is while the server is gone.
 */
export default function StatusPage() {
  const t = texts("operator");
  const [watch] = useState(() => new StatusWatch(new Source()));
  const state = useSyncExternalStore(watch.subscribe, watch.state);
  useEffect(() => subscribeToAccount(() => watch.forget()), [watch]);
  useEffect(() => {
    const follow = (): void => (document.visibilityState === "visible" ? watch.start() : watch.stop());
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      watch.stop();
    };
  }, [watch]);
  const { facts, points, refusal } = state;
  const isSilent = state.silentSinceMs !== null;
  return (
    <I18nProvider locale={language()}>
      <StaffShell title={t("title")}>
        {refusal !== null ? (
          <KeyPanel key={refusal} refusal={refusal} />
        ) : (
          <>
            <VerdictPanel state={state} onTryNow={() => watch.lookNow()} />
            <Tools watch={watch} state={state} />
          </>
        )}
        {facts !== null && (
          <div className="cards" data-testid="cards" data-silent={isSilent || undefined}>
            <SessionsCard facts={facts} points={points} isOld={isSilent} />
            <ProblemsCard facts={facts} />
            <QualityCard facts={facts} points={points} />
            <div className="columns">
              <EngineCard facts={facts} />
              <CapacityCard facts={facts} />
              <StorageCard facts={facts} />
              <NetworkCard facts={facts} />
              <UsageCard facts={facts} />
            </div>
            <RequestsCard facts={facts} points={points} />
          </div>
        )}
        {refusal === null && <Sources state={state} />}
      </StaffShell>
    </I18nProvider>
  );
}
