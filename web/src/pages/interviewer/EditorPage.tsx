import { Staff, StaffShell } from "../../ui/staff";

export default function EditorPage({ interviewId }: { interviewId: string }) {
  return (
    <Staff>
      <StaffShell title={interviewId}>
        <p>…</p>
      </StaffShell>
    </Staff>
  );
}
