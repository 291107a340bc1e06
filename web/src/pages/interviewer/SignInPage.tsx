import { Staff, StaffShell } from "../../ui/staff";

export default function SignInPage() {
  return (
    <Staff>
      <StaffShell title="Viva">
        <p>…</p>
      </StaffShell>
    </Staff>
  );
}
