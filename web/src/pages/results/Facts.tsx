import type { ReactNode } from "react";

/** Names with their values; what is not known is left out. */
export function Facts({ rows }: { rows: [name: string, value: ReactNode][] }) {
  const known = rows.filter(([, value]) => value !== "" && value !== null);
  if (known.length === 0) return null;
  return (
    <dl className="facts-table">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
