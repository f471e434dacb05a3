/** A node's name or path. Its end tells it apart, so a long one loses its beginning. */
export function PathText({ children }: { children: string }) {
  return (
    <span className="path-text mono">
      <bdi dir="ltr">{children}</bdi>
    </span>
  );
}
