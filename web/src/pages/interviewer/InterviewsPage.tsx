import { Staff, StaffShell } from "../../ui/staff";

export default function InterviewsPage() {
  return (
    <Staff>
      <StaffShell title="Viva">
        <p>…</p>
      </StaffShell>
    </Staff>
  );
}
