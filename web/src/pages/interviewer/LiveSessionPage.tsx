import { Staff, StaffShell } from "../../ui/staff";

export default function LiveSessionPage({ sessionId }: { sessionId: string }) {
  return (
    <Staff>
      <StaffShell title={sessionId}>
        <p>…</p>
      </StaffShell>
    </Staff>
  );
}
