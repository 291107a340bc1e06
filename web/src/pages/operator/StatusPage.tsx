import { Staff, StaffShell } from "../../ui/staff";

export default function StatusPage() {
  return (
    <Staff>
      <StaffShell title="Viva">
        <p>…</p>
      </StaffShell>
    </Staff>
  );
}
