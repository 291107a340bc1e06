import { Staff, StaffShell } from "../../ui/staff";

export default function RoomsPage() {
  return (
    <Staff>
      <StaffShell title="Viva">
        <p>…</p>
      </StaffShell>
    </Staff>
  );
}
