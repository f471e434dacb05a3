/** Rows of a table that are out of sight. */
export function Spacer({ columns, height }: { columns: number; height: number }) {
  return (
    <tr aria-hidden>
      <td colSpan={columns} className="spacer" style={{ height }} />
    </tr>
  );
}
