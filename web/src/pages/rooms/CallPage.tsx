import { Staff, StaffShell } from "../../ui/staff";

export default function CallPage({ code }: { code: string }) {
  return (
    <Staff>
      <StaffShell title={code}>
        <p>…</p>
      </StaffShell>
    </Staff>
  );
}
