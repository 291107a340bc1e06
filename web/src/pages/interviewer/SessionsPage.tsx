import { Staff, StaffShell } from "../../ui/staff";

export default function SessionsPage() {
  return (
    <Staff>
      <StaffShell title="Viva">
        <p>…</p>
      </StaffShell>
    </Staff>
  );
}
